"""What people wrote down of shapes: annotations, comments, docstrings and names."""
