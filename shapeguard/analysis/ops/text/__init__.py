"""Libraries that bring text and other data to tensors: data sets, vocabularies, tokenizers, trainers."""
