"""What the modules of torch.nn and the models of transformers give."""
