"""A comparison as the board shows it: columns, cards, marks, badges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import streamlit as st

from pages.ui import address, state
from pages.ui.board.payload import Badge, BoardData, Column, Passage, Row
from pages.ui.outbox.commit import outbox_key
from pages.ui.view import MEASURES, View
from rerank_core.experiment.measured import is_rough
from rerank_core.experiment.one_query import Comparison
from rerank_core.rerankers.badges import badges
from rerank_core.store.scales import Grade
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.text import shortened
from rerank_core.types import Doc, Ranking
from rerank_core.views.marks import Pieces, marker

FOUND_BY = {"bm25": "words", "dense": "meaning"}
LONGEST_TEXT = 40_000  # characters of a passage that travel to the browser; models read all that they can


def board_data(view: View, comparison: Comparison) -> BoardData:
    """The static part of the board."""
    base = comparison.rankings.get(view.baseline)
    columns = [_column(system, comparison, base, view) for system in view.systems]
    shown = {row.docid for column in columns for row in column.rows}
    if comparison.candidates is not None:
        # the ideal order is over the baseline's own candidates
        shown.update(comparison.candidates.docids[: view.shown])
    mark = marker(comparison.query.text, view.language)
    found_by = {doc.docid: doc.found_by for doc in comparison.candidates.docs} if comparison.candidates else {}
    docs = {docid: _passage(comparison.docs[docid], found_by.get(docid, {}), mark) for docid in sorted(shown)}
    return BoardData(
        outbox_key=outbox_key(view.dataset, view.judge),
        qid=comparison.query.qid,
        query=comparison.query.text,
        note=comparison.query.note,
        scale=[Grade(grade, name) for grade, name in sorted(view.dataset.scale.items())],
        docs=docs,
        columns=columns,
        baseline=view.baseline if base is not None else "",
        measures=MEASURES,
        inspect=urlencode(address.full_link(), doseq=True),
        place=_place(),
    )


def _place() -> tuple[str, str] | None:
    """The card that the address names: who comes back from Inspect finds it again."""
    system, docid = st.query_params.get(state.INSPECTED), st.query_params.get(state.PASSAGE)
    return (system, docid) if system and docid else None


def _share_cut(system: System, cut: int) -> float | None:
    """How much of query and passage the model did not see, by what it reads at once; None where that is not known."""
    most = system.settings.get("max_length") or system.model.max_tokens
    return cut / (cut + most) if cut and most else None


def _column(system: System, comparison: Comparison, base: Ranking | None, view: View) -> Column:
    answer = comparison.answers.get(system.id)
    if answer is None:
        state = system.state
        if state.kind != "ready":
            return Column(system.id, system.label, state="failed", message=state.detail)
        return Column(system.id, system.label, state="waiting", message="waiting")
    if answer.ranking is None:
        return Column(system.id, system.label, state="failed", message=answer.error)
    ranking = answer.ranking
    places = {doc.docid: doc.rank for doc in base.docs} if base is not None and system.id != view.baseline else {}
    rows = [
        Row(
            d.docid,
            d.rank,
            places[d.docid] - d.rank if d.docid in places else None,
            d.score,
            d.tokens_cut,
            _share_cut(system, d.tokens_cut),
        )
        for d in ranking.docs[: view.shown]
    ]
    candidates = comparison.candidates
    badge_lines = badges(ranking, candidates).lines if candidates is not None and system.id != FIRST_STAGE else ()
    off = (
        ["ranked other candidates than the rest: not a fair comparison"]
        if system.id in comparison.off_candidates
        else []
    )
    return Column(
        id=system.id,
        label=system.label,
        rows=rows,
        note=" · ".join(ranking.notes),
        seconds=ranking.seconds,
        rough=is_rough(ranking),
        scale=system.model.score_scale or "",
        badges=[Badge("warn", line) for line in (*badge_lines, *off)],
    )


def _passage(doc: Doc, found_by: Mapping[str, int], mark: Callable[[str], Pieces]) -> Passage:
    text = shortened(doc.text, LONGEST_TEXT)
    meta = [(name, str(value)[:80]) for name, value in list(doc.metadata.items())[:6]]
    retrievers = [(FOUND_BY.get(name, name), rank) for name, rank in found_by.items()]
    return Passage(mark(doc.title), mark(text), retrievers, [("id", doc.docid), *meta])
