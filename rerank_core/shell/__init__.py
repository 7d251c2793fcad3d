"""The verbs of `rerank-lens`, or `python -m rerank_core`: the app, and what it does without a screen."""
