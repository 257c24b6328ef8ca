from jaxtyping import install_import_hook

with install_import_hook("pkg.losses", "beartype.beartype"):
    from .losses import next_token_loss
