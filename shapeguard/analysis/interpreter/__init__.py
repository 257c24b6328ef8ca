"""Runs the small language on facts."""
