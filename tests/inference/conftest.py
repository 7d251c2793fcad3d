"""Seeded random models of the engine's two shapes, and one thread."""

from __future__ import annotations

from tests.rerankers.conftest import bert_folder, colbert_folder, one_thread, tiny, xlmr_folder

__all__ = ["bert_folder", "colbert_folder", "one_thread", "tiny", "xlmr_folder"]
