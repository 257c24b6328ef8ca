"""Models by name."""

MODELS = {}


def register(cls):
    MODELS[cls.__name__.lower()] = cls
    return cls


def build(name, **options):
    if name not in MODELS:
        raise KeyError(f"no such model: {name}")
    return MODELS[name](**options)
