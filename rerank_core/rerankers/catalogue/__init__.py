"""Which rerankers there are: a row per model, its facts, and whether it can be used now."""
