"""The query variant of the view: chosen in the sidebar, written only once somebody has read what that costs, shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import address, asked, state, work
from pages.ui.doors import page_link
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.experiment.job_requests import WriteRequest
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.query_variants import NO_VARIANT, cost_of, query_variants, written_for
from rerank_core.types import Query


def choose_variant(space: Workspace) -> QueryVariant | None:
    """Draw the menu of query variants, and the way to add others; None where queries are searched as they are."""
    variants = query_variants(space)
    names = [NO_VARIANT, *variants]
    asked.offer(state.QUERY_VARIANT, names, NO_VARIANT, "query variant")
    name = st.selectbox(
        "Query variant",
        names,
        format_func=lambda one: "None: queries as they are" if one == NO_VARIANT else one,
        key=state.QUERY_VARIANT,
        help="A language model writes what is searched for: HyDE, a rewritten query, several, or more words.",
    )
    address.hold_unless(state.QUERY_VARIANT, name, NO_VARIANT)
    page_link("Rerankers", "Add a query variant", icon=":material/add:")
    return variants.get(name)


def make_ready(space: Workspace, dataset: DatasetRow, variant: QueryVariant | None) -> None:
    """Stop the page where the variant has not written for all queries yet, with the cost and the button that asks."""
    if variant is None:
        return
    with space.open() as db:
        texts = [query.text for query in datasets.get_queries(db, dataset.id)]
    if _offer(space, dataset, variant, texts, whole=True):
        st.caption("Or choose *None* in the sidebar, under *How candidates are found*.")
        st.stop()


def show_written(space: Workspace, view: View, query: Query) -> None:
    """What is searched for in the place of the query, by the view's variant and by those of its systems.

    Stops the page where the view's variant has written nothing for it, with the cost and the button that asks.
    """
    own = view.experiment.settings
    if own.variant is not None and own.asks_variant:
        if _offer(space, view.dataset, own.variant, [query.text], whole=False):
            st.stop()
        _show(space, own.variant, query)
    for variant in _of_systems(view):
        if variant != own.variant and not _offer(space, view.dataset, variant, [query.text], whole=False):
            _show(space, variant, query)


def offer_for_systems(space: Workspace, view: View) -> None:
    """Where a system searches by a variant that has not written for all queries: the cost and the button."""
    with space.open() as db:
        texts = [query.text for query in datasets.get_queries(db, view.dataset.id)]
    for variant in _of_systems(view):
        _offer(space, view.dataset, variant, texts, whole=True)


def _of_systems(view: View) -> list[QueryVariant]:
    specs = [system.spec for system in view.systems if isinstance(system.spec, OwnFirstStage)]
    found = [spec.settings.variant for spec in specs if spec.settings.asks_variant]
    return list({variant.key: variant for variant in found if variant is not None}.values())


def _show(space: Workspace, variant: QueryVariant, query: Query) -> None:
    texts = written_for(space, variant, [query.text]).get(query.text, ())
    with st.expander(f"Searched for: {plain(variant.label)}", icon=":material/edit_note:"):
        for text in texts:
            st.text(text)
        st.caption("The prompt that it was written by")
        st.code(variant.system, language=None, wrap_lines=True)


def _offer(space: Workspace, dataset: DatasetRow, variant: QueryVariant, texts: Sequence[str], whole: bool) -> bool:
    """What is left to write costs, where anything is; returns whether that is so. `whole`: all of the dataset's."""
    cost = cost_of(space, variant, [text for text in texts if text.strip()])
    if not cost.queries:
        return False
    queries = () if whole else tuple(texts)
    request = WriteRequest(dataset=dataset.name, variant=variant.to_dict(), queries=queries, count=cost.queries)
    job = work.latest(space, request)
    what = f"{cost.queries:,} of {cost.total:,} queries" if whole else "this query"
    st.markdown(f"#### {plain(variant.label)} has not written for {what} yet")
    st.markdown(plain(cost.sentence()))
    st.caption(plain(f"Queries are sent to {variant.host}. Stopped halfway, what was paid for is kept."))
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None)
        return True
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    if not space.why_only_read():
        label = "Have them written" if whole else "Have it written"
        key = f"write-{variant.key}-{whole}"
        st.button(label, key=key, type="primary", on_click=work.ask, args=(space, request, True))
    return True
