"""From traffic to an eval set: queries drawn by frequency join a dataset; clicks become grades of their own kind."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, state
from pages.ui.doors import page_link
from pages.ui.failures import told
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table, written_table
from rerank_core.errors import RerankLensError
from rerank_core.evaluation.numbers import count, counted, share
from rerank_core.monitoring.click_grades import ABOUT, agreement_with_people, fit_logged, keep_click_grades
from rerank_core.monitoring.eval_set import add_from_traffic
from rerank_core.monitoring.queries import QueryGroup, draw
from rerank_core.store import traffic_grades
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.views.traffic import queries_frame


def show(space: Workspace, dataset: DatasetRow | None) -> None:
    """What would be added, the merged queries first; then the click grades."""
    if dataset is None:
        st.info("Import the passages on the page **Data** first: queries join a dataset.")
        return
    groups = [group for group in cache.query_groups(space) if group.text]
    if not groups:
        st.info("The log has no queries, only their hashes.")
        return
    _add(space, dataset, groups)
    _click_grades(space, dataset)


def _add(space: Workspace, dataset: DatasetRow, groups: list[QueryGroup]) -> None:
    one, two, _ = st.columns([1, 1, 3])
    most = one.number_input("Queries", 1, min(5_000, len(groups)), min(50, len(groups)), key=state.TRAFFIC_DRAWN)
    seed = two.number_input("Seed", 0, 9_999, 0, key=state.TRAFFIC_SEED, help="The same seed draws the same queries.")
    drawn = draw(groups, int(most), int(seed))
    merged = [group for group in drawn if len(group.asked) > 1]
    total = sum(group.count for group in groups)
    st.caption(
        f"Drawn by how often they are asked: {share(sum(group.count for group in drawn) / max(1, total))} of all "
        f"requests ask one of these. {_about_merged(len(merged))}"
    )
    ordered = [*merged, *(group for group in drawn if len(group.asked) == 1)]
    st.dataframe(
        written_table(queries_frame(ordered, total), {"Asked": count, "Share": share}),
        hide_index=True,
        width="stretch",
        height=320,
    )
    apart: list[int] = []
    if merged:
        apart = st.multiselect(
            "Do not merge",
            range(len(merged)),
            format_func=lambda place: plain(merged[place].text),
            key=state.TRAFFIC_APART,
            help="These rows are added as their most frequent query alone.",
        )
    names = {merged[place].key for place in apart if place < len(merged)}
    chosen = [QueryGroup(group.asked[:1]) if group.key in names else group for group in ordered]
    st.button(f"Add to {plain(dataset.name)}", type="primary", on_click=_added, args=(space, dataset.name, chosen))


def _about_merged(rows: int) -> str:
    if not rows:
        return "Each row is one query."
    return (
        f"{counted(rows, 'row stands', 'rows stand')} for several queries that are nearly the same: look whether they "
        "mean the same, and take out what does not."
    )


@told
def _added(space: Workspace, dataset: str, groups: list[QueryGroup]) -> None:
    try:
        added = add_from_traffic(space, dataset, groups)
    except RerankLensError as error:
        state.put(state.TRAFFIC_SAID, [("error", str(error))])
        return
    sentence = (
        f"{counted(added.queries, 'query', 'queries')} added with the tag traffic; {added.known:,} were there already. "
        f"Their logged lists are systems now: {', '.join(added.systems) or 'none'}. "
        f"{added.unknown:,} of {added.places:,} places are no passage of this dataset."
    )
    state.put(state.TRAFFIC_SAID, [("done", sentence)])


def _click_grades(space: Workspace, dataset: DatasetRow) -> None:
    st.subheader("Click grades")
    st.caption(ABOUT)
    st.button("Make click grades", on_click=_graded, args=(space, dataset.name))
    with space.open() as db:
        grades = traffic_grades.click_grades(db, dataset.id)
    if not grades:
        return
    rows = {
        "Query": [one.qid for one in grades],
        "Passage": [one.docid for one in grades],
        "Shown": [one.shown for one in grades],
        "Clicks": [one.clicks for one in grades],
        "Attraction": [round(one.attraction, 3) for one in grades],
    }
    st.dataframe(harmless_table(rows), hide_index=True, width="stretch", height=240)
    found = agreement_with_people(space, dataset.name)
    if found.pairs:
        st.markdown(
            f"Of {counted(found.pairs, 'pair')} of passages that people graded differently, click grades put "
            f"{share(found.same / found.pairs)} in the same order, raw clicks {share(found.raw_same / found.pairs)}."
        )
    page_link("Label", "Grade these queries by hand", icon=":material/rate_review:")


@told
def _graded(space: Workspace, dataset: str) -> None:
    model = fit_logged(space)
    if model is None:
        why = "The clicks cannot tell place from passage: fewer than 50, or every passage always stood at one place."
        state.put(state.TRAFFIC_SAID, [("error", why)])
        return
    made = keep_click_grades(space, dataset, model)
    state.put(state.TRAFFIC_SAID, [("done", f"{counted(made, 'click grade')} made from {model.clicks:,} clicks.")])
