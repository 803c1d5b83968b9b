"""Finding items: an index of tokens, in each engine's own way."""
