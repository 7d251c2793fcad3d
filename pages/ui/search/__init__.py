"""What the search settings and the page Rerankers share: the lists that find candidates, and the dense models."""
