CONFIG = {
    "model": {"vocab_size": 30, "dim": 8},
    "loss": {"name": "CrossEntropyLoss", "kwargs": {"ignore_index": -1, "label_smoothing": 0.1}},
    "data": {"pad": 2, "batch": 2},
}
