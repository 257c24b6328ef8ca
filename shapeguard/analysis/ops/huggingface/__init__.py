"""What tokenizers, collators and data sets of Hugging Face give."""
