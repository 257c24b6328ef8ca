"""How calls of losses are recorded."""
