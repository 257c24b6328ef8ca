"""What torch and NumPy do to tensors."""
