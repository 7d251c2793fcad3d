"""What every retriever answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from rerank_core.types import Ranking


class Retriever(Protocol):
    """Finds passages for a query. Ties: score descending, then docid ascending."""

    @property
    def name(self) -> str:
        """A short name, as in `ScoredDoc.found_by`."""

    def retrieve(
        self, query: str, k: int, allowed: Collection[str] | None = None, qid: str = "", passage: str = ""
    ) -> Ranking:
        """The best `k` passages at most, best first, scores raw; a passage that was not found is not there.

        `allowed` holds the docids that may be found (None: all) and is applied before the cut at `k`. `passage`: one
        that was made up and is searched beside the query, see `query_variants.search_text.SearchText`.
        """
