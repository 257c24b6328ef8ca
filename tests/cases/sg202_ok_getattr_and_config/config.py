CONFIG = {
    "loss": {"name": "CrossEntropyLoss", "kwargs": {"ignore_index": 0}},
    "data": {"pad": 0, "bos": 2, "eos": 3},
    "model": {"vocab": 30, "dim": 16},
}
