"""Rerankers: one file a family, one row of the catalogue a model."""
