"""The parts of Home: three doors, one's own data, the datasets that are here, which rerankers are ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui import cache, roles, state
from pages.ui.datasets.dropping import drop_zone
from pages.ui.doors import DOORS, page_link
from pages.ui.home.words import device_sentence, facts_of
from pages.ui.markdown import plain
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems

FORWARD = ":material/arrow_forward:"


@dataclass(frozen=True, slots=True)
class Card:
    """What somebody comes for. `ways`: (the page, what the link to it says)."""

    title: str
    why: str
    ways: tuple[tuple[str, str], ...]


CARDS = (
    Card(
        "Grade",
        "Read a query and its passages, and say how well each one answers. By keyboard; every grade is kept at once.",
        (("Label", "Grade passages"), ("Agreement", "See how far judges agree")),
    ),
    Card(
        "Compare and decide",
        "Rerankers side by side on one query, then over all queries: which is better, and how sure that is.",
        (("Compare", "Compare on one query"), ("Evaluate", "Decide over all queries")),
    ),
    Card(
        "Present",
        "Show one query before and after, or let people vote without knowing which system is which.",
        (("Present", "Show it to others"),),
    ),
)


def doors() -> None:
    """A card for each thing that people come for; those that lead nowhere for this person are left out."""
    with st.container(key="doors"):
        for card in CARDS:
            ways = [(page, label) for page, label in card.ways if roles.opens(page)]
            if ways:
                _door(card, ways)


def _door(card: Card, ways: Sequence[tuple[str, str]]) -> None:
    with st.container(border=True, height="stretch", gap="small"):
        st.header(card.title, anchor=False)
        st.markdown(card.why)
        with st.container(gap=None):
            for place, (page, label) in enumerate(ways):
                page_link(page, label if place else f"**{label}**", icon=DOORS[page].icon)


def own_data(space: Workspace) -> None:
    """The way in for one's own files."""
    if not roles.opens("Data"):
        return
    st.header("Bring your own data", anchor=False)
    drop_zone(space)
    page_link("Data", "Import from a folder, paste rows, or add to a dataset", icon=DOORS["Data"].icon)


def datasets_cards(space: Workspace) -> None:
    """The datasets of this workspace, each with its way to Compare."""
    with space.open() as db:
        rows = datasets.list_datasets(db)
    if not rows:
        return
    st.header("Datasets", anchor=False)
    with st.container(key="datasets"):
        for row in rows:
            with st.container(border=True, height="stretch", gap=None):
                page_link("Compare", f"**{plain(row.name)}**", icon=FORWARD, params=_only(row.name))
                st.caption(plain(facts_of(row)))
    st.caption(f"Everything is stored in {plain(str(space.path))}. Back it up with `rerank-lens backup`.")


def _only(dataset: str) -> dict[str, str | list[str]]:
    """The view of another dataset: what belongs to the one that is looked at stays behind."""
    of_another: dict[str, str | list[str]] = {key: [] for key in state.OF_A_DATASET}
    return {**of_another, state.DATASET: dataset}


def rerankers_line(space: Workspace) -> None:
    """How many rerankers are ready, and on which device they run."""
    st.header("Rerankers", anchor=False)
    systems = all_systems(space)
    ready = [system.label for system in systems if system.state.kind == "ready"]
    st.markdown(f"{len(ready):,} of {len(systems):,} are ready: {plain(', '.join(ready))}.")
    device = cache.device(space)
    st.caption(plain(device_sentence(device)))
    if roles.opens("Rerankers"):
        page_link("Rerankers", "See all rerankers", icon=DOORS["Rerankers"].icon)
