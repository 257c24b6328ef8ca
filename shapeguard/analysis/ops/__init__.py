"""The table of operations by chapters; importing the package fills it."""

from __future__ import annotations

import importlib

# each chapter registers its operations in `table` when it is imported
CHAPTERS = {
    "tensors": (
        "sizes", "views", "repeats", "moves", "casts", "arithmetic", "reductions", "orders", "probabilities", "creation", "from_lists",
        "overwrite", "selecting", "joins", "padded", "pieces", "linalg", "einops", "masked_losses",
    ),
    "modules": (
        "attention", "attributes", "backbones", "configs", "containers", "conv", "layers", "recurrent", "training", "transformers",
    ),
    "python": (
        "builtin_calls", "number_calls", "iteration", "container_methods", "files", "splits", "strings", "read_texts", "generators",
    ),
    "text": ("data", "vocabularies", "torchtext", "keras", "subword", "torchvision", "trainers"),
    "huggingface": ("tokenizers", "encoding", "collators", "datasets"),
}  # fmt: skip

for _wing, _names in CHAPTERS.items():
    for _name in _names:
        importlib.import_module(f"{__name__}.{_wing}.{_name}")
