"""The table of operations by chapters; importing the package fills it."""

from __future__ import annotations

import importlib

# each chapter registers its operations in `table` when it is imported
CHAPTERS = (
    "sizes", "views", "repeats", "moves", "casts", "arithmetic", "reductions", "orders", "softmax", "creation", "from_lists",
    "overwrite", "selecting", "joins", "padding", "pieces", "linalg", "einops",
    "modules_attention", "modules_attributes", "modules_configs", "modules_containers", "modules_conv", "modules_layers",
    "modules_recurrent", "modules_training", "modules_transformers",
    "builtin_calls", "number_calls", "iteration", "container_methods", "strings",
    "data", "vocabularies", "torchtext", "keras", "hf_tokenizers", "hf_encoding", "hf_collators", "hf_datasets", "subword",
    "torchvision", "trainers", "generators", "masked_losses",
)  # fmt: skip

for _chapter in CHAPTERS:
    importlib.import_module(f"{__name__}.{_chapter}")
