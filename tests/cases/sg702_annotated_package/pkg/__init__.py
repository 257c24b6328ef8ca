from .losses import next_token_loss
