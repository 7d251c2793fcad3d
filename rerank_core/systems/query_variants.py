"""The query variants to choose from, and what is written by now."""

from __future__ import annotations

from collections.abc import Iterable

from rerank_core.errors import SettingsError
from rerank_core.retrieval.query_variants.cost import WritingCost, writing_cost
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import query_variants as store
from rerank_core.store.workspace import Workspace
from rerank_core.text import shortened

LONGEST_NAME = 80
NO_VARIANT = "none"


def query_variants(workspace: Workspace) -> dict[str, QueryVariant]:
    """Name -> variant, oldest first; one that this version cannot make out is left out."""
    with workspace.open() as db:
        added = store.get_query_variants(db)
    found = {}
    for name, settings in added.items():
        try:
            found[name] = QueryVariant.from_dict(settings)
        except SettingsError:
            continue
    return found


def add_query_variant(workspace: Workspace, variant: QueryVariant, name: str = "") -> str:
    """Keep a variant in the list and return its name there; `name` "": its label. The same name is replaced.

    Raises SettingsError for the name that stands for no variant.
    """
    kept = shortened(" ".join((name or variant.label).split()), LONGEST_NAME)
    if kept.casefold() in ("", NO_VARIANT):
        raise SettingsError(f"Give it a name of its own, not '{kept or NO_VARIANT}'.")
    with workspace.write() as db:
        store.put_query_variant(db, kept, variant.to_dict())
    return kept


def written_for(workspace: Workspace, variant: QueryVariant, queries: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Query's text -> what the variant's model wrote for it; a query without is not there."""
    with workspace.open() as db:
        return store.get_written(db, variant.key, queries)


def cost_of(workspace: Workspace, variant: QueryVariant, queries: Iterable[str]) -> WritingCost:
    """What it takes to have the rest of these queries written."""
    texts = list(dict.fromkeys(queries))
    with workspace.open() as db:
        there = store.get_written(db, variant.key, texts)
        tokens = store.answer_tokens(db, variant.key)
    return writing_cost(variant, [text for text in texts if text not in there], len(texts), tokens)
