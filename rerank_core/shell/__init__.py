"""The verbs of `python -m rerank_core`: what the app does, without a screen."""
