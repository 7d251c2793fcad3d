"""The names of lists that are searched with what a query variant makes of the query: "bm25 @ HyDE by gpt-4o-mini"."""

from __future__ import annotations

from collections.abc import Iterable

from rerank_core.retrieval.settings import RUN

AS_TYPED = "as typed"
"""The name of no variant, where the settings that a search starts from have one."""
_AT = " @ "


def with_variant(lists: Iterable[str], variant: str) -> tuple[str, ...]:
    """The lists' names with the name of a variant; imported runs have their lists already and stay as they are."""
    return tuple(name if name.startswith(RUN) else f"{name}{_AT}{variant}" for name in lists)


def split_name(name: str) -> tuple[str, str | None]:
    """A list's own name, and its variant's; None: searched as the settings say."""
    if name.startswith(RUN):
        return name, None
    own, at, variant = name.partition(_AT)
    return own, variant if at else None


def variant_of(lists: Iterable[str]) -> str | None:
    """The variant that some lists are searched with; None: as the settings say."""
    return next((variant for _, variant in map(split_name, lists) if variant is not None), None)
