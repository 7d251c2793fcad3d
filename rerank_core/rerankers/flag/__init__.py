"""The BGE rerankers as their authors run them."""
