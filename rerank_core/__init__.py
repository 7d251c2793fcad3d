"""Rerank Lens: which reranker, at which settings, is better on my data, and what proves it?"""

__version__ = "0.1.0"
