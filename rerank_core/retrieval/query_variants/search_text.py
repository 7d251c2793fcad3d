"""What is searched for: a query as it was typed, or what a language model made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.retrieval.query_variants.prompts import EXPAND, HYDE, REWRITE
from rerank_core.retrieval.query_variants.query_variant import QueryVariant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rerank_core.retrieval.encoder import Encoder
    from rerank_core.retrieval.settings import RetrievalSettings


@dataclass(frozen=True, slots=True)
class SearchText:
    """One search. `passage`: a made-up passage that is searched beside the query, "" for none.

    Its vector and that of the query are averaged (eq. 8 of the HyDE paper, with one passage); its words are added to
    the query's, which are repeated so that they are not lost among them (query2doc, Wang et al. 2023, arXiv
    2303.07678, with its five times).
    """

    query: str
    passage: str = ""

    @property
    def words(self) -> str:
        """What a search by words is asked."""
        return " ".join([*[self.query] * QUERY_TIMES, self.passage]) if self.passage else self.query

    @property
    def packed(self) -> str:
        """One text that `unpacked` reads back, equal to the query where there is no passage."""
        return f"{self.query}{_BETWEEN}{self.passage}" if self.passage else self.query


QUERY_TIMES = 5
_BETWEEN = "\x1f\n"
"""No search box takes it."""


def unpacked(text: str) -> SearchText:
    """What `SearchText.packed` wrote; a query that somebody typed is itself."""
    query, _, passage = text.partition(_BETWEEN)
    return SearchText(query, passage)


def vector_of(search: SearchText, encoder: Encoder) -> NDArray[np.float32]:
    """The unit vector of a search, shape (dimensions,): the query's, or the mean of it and the passage's."""
    vector = encoder.encode_query(search.query)
    if not search.passage.strip():
        return vector
    import numpy as np

    both = vector + encoder.encode_documents([search.passage])[0]
    length = float(np.linalg.norm(both))
    # opposite vectors, which no model gives, have no mean
    mean: NDArray[np.float32] = (both / length).astype(np.float32) if length else vector
    return mean


def searches(variant: QueryVariant, query: str, written: Sequence[str]) -> tuple[SearchText, ...]:
    """What is searched in the place of `query`, given what was written for it; several are fused by reciprocal ranks.

    >>> from rerank_core.retrieval.query_variants.query_variant import QueryVariant
    >>> [one.query for one in searches(QueryVariant("several", "m"), "terns", ["sea birds", "what do terns eat"])]
    ['terns', 'sea birds', 'what do terns eat']
    """
    if variant.kind == HYDE:
        return (SearchText(query, written[0]),)
    if variant.kind == REWRITE:
        return (SearchText(written[0]),)
    if variant.kind == EXPAND:
        return (SearchText(f"{query} {' '.join(written)}"),)
    return tuple(SearchText(text) for text in (query, *written))


def searches_of(settings: RetrievalSettings, query: str, made: Sequence[SearchText]) -> tuple[SearchText, ...]:
    """What is searched: the query, or what the settings' variant made of it.

    Raises SettingsError where there is a variant and nothing of it: a query is not searched without its variant.
    """
    if not settings.asks_variant:
        return (SearchText(query),)
    if not made:
        raise SettingsError("The settings have a query variant, and nothing is written for this query.")
    return tuple(made)
