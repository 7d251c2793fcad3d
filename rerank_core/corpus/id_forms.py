"""Ids that differ in their Unicode form alone (é in one character or in two, as macOS names files) meet here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from rerank_core.text import normalized
from rerank_core.types import Ranking

_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")


def other_forms(ids: Iterable[str], known: Callable[[list[str]], Collection[str]]) -> dict[str, str]:
    """id -> the id that is known, for ids that are known only in another Unicode form, in their order.

    `known` takes ids and gives those of them that are there, as a store is asked. NFC is tried before NFD; what is
    known in neither (a mixture of both) meets only itself. Everything that joins ids of files asks this.
    """
    foreign = list(dict.fromkeys(own for own in ids if not own.isascii()))
    if not foreign:
        return {}
    there = known(foreign)
    forms = {own: [normalized(form, own) for form in _FORMS] for own in foreign if own not in there}
    present = known(list(dict.fromkeys(form for pair in forms.values() for form in pair)))
    names = {own: next((form for form in pair if form in present), own) for own, pair in forms.items()}
    return {own: name for own, name in names.items() if name != own}


def rename_rankings(
    rankings: Mapping[str, Ranking], qids: Mapping[str, str], docids: Mapping[str, str]
) -> tuple[dict[str, Ranking], tuple[str, ...]]:
    """A run (qid -> ranking) under the names of `other_forms`, and the ids that were renamed, as they were.

    Ranks and scores stay. Where a run has both forms of a query, or a ranking both of a passage, both stay as they are.
    """
    if not qids and not docids:
        return dict(rankings), ()
    renamed: dict[str, None] = {}
    found = {}
    own_qids = _free_names(rankings, qids)
    for qid, ranking in rankings.items():
        own = _free_names(ranking.docids, docids)
        docs = tuple(replace(doc, docid=own.get(doc.docid, doc.docid)) for doc in ranking.docs)
        found[own_qids.get(qid, qid)] = replace(ranking, qid=own_qids.get(qid, qid), docs=docs)
        renamed.update(dict.fromkeys(own))
    return found, (*own_qids, *(docid for docid in renamed if docid not in own_qids))


def _free_names(ids: Collection[str], names: Mapping[str, str]) -> dict[str, str]:
    """The part of `names` for these ids that gives no name twice."""
    if not names:
        return {}
    taken, chosen = set(ids), {}
    for own in ids:
        if own in names and names[own] not in taken:
            chosen[own] = names[own]
            taken.add(names[own])
    return chosen
