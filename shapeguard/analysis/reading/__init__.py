"""From files to a small language: what stands in the source, and what its syntax alone shows."""
