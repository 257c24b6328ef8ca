"""What each form of expression gives."""
