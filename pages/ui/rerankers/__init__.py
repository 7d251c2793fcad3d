"""The Rerankers page."""
