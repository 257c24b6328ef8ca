"""What Python's own containers, iterators and numbers do."""
