"""What rules ask of a loss."""
