"""What a run keeps, in a few named objects."""
