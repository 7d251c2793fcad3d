"""Which query variants a search tries beside what is set."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import asked, state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.numbers import counted
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import datasets, judgments
from rerank_core.store.workspace import Workspace
from rerank_core.systems.query_variants import query_variants, written_for
from rerank_core.tuning.search_space import variants_to_json
from rerank_core.tuning.variant_lists import AS_TYPED


def choose(space: Workspace, view: View) -> dict[str, Any]:
    """Those that were chosen, as a request says them; nothing is drawn where the workspace has none."""
    own = view.experiment.settings.variant
    known: dict[str, QueryVariant | None] = {} if own is None else {AS_TYPED: None}
    known |= {name: one for name, one in query_variants(space).items() if own is None or one.key != own.key}
    if not known:
        return {}
    with space.open() as db:
        qrels = judgments.qrels(db, view.dataset.id)
        texts = {query.text for query in datasets.get_queries(db, view.dataset.id) if qrels.get(query.qid)}
    missing = {name: len(texts) - len(written_for(space, one, texts)) for name, one in known.items() if one is not None}
    ready = [name for name in known if not missing.get(name)]
    asked.check(state.TUNED_VARIANTS, ready, "query variant")
    chosen = st.multiselect(
        "Query variants to try",
        ready,
        key=state.TUNED_VARIANTS,
        bind="query-params",
        width=620,
        placeholder="none" if ready else "nothing is written yet",
        help="Each is tried with every list and fusion, and the answer says what it is worth.",
    )
    for name, count in missing.items():
        if count:
            st.caption(
                f"{plain(name)} has not written for {counted(count, 'graded query', 'graded queries')} yet: choose it "
                "under **How candidates are found** and have them written, to try it here."
            )
    return variants_to_json([(name, known[name]) for name in chosen])
