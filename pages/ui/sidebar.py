"""The sidebar: dataset, systems, how candidates are found, who judges. All of it is in the link."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import address, asked, cache, menu, state
from pages.ui.doors import page_link
from pages.ui.judge import name_field
from pages.ui.markdown import plain
from pages.ui.search_settings import choose_search
from pages.ui.view import View
from rerank_core.experiment import job_requests
from rerank_core.experiment.dataset_language import language_of
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import RecallRequest
from rerank_core.retrieval.index import search_facts
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.retrieval.vector_search import ANN_FROM
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import ALWAYS_READY, FIRST_STAGE, System, all_systems

SHOWN = (10, 15, 25, 50)
SHOWN_AT_FIRST = 25


def choose_view(space: Workspace) -> View:
    """Draw the sidebar and return what is chosen; stops the page where nothing can be shown."""
    with space.open() as db:
        rows = datasets.list_datasets(db)
    if not rows:
        st.info("No dataset yet: bring your own.")
        page_link("Data", "Import a dataset", icon=":material/arrow_forward:")
        st.stop()
    dataset = choose_dataset(rows)
    systems = _choose_systems(space)
    with st.sidebar:
        baseline = _choose_baseline(systems)
        level, shown = _choose_reading(dataset)
    settings = choose_search(space, dataset)
    with st.sidebar:
        experiment = Experiment(space, dataset, settings, systems, baseline, level)
        _show_search(space, dataset, settings)
        _show_recall(experiment)
    judge = name_field("Kept with each grade. Asked for at the first one.")
    menu.follow()
    language = language_of(space, dataset, settings)
    return View(experiment, shown, judge, language)


def choose_dataset(rows: Sequence[DatasetRow]) -> DatasetRow:
    """Draw the menu of datasets; stops the page where the link asks for one that is not here. `rows`: at least one."""
    by_name = {row.name: row for row in rows}
    names = list(by_name)
    asked.offer(state.DATASET, names, names[0], "dataset")
    name = st.sidebar.selectbox("Dataset", names, key=state.DATASET)
    address.hold(state.DATASET, [name])
    return by_name[name]


def _choose_systems(space: Workspace) -> tuple[System, ...]:
    known = {system.id: system for system in all_systems(space)}
    # a state is looked up on the disk: once for each system, not for each time that its name is drawn
    kinds = {system_id: system.state.kind for system_id, system in known.items()}
    usable = [system_id for system_id, kind in kinds.items() if kind == "ready"]
    others = [system_id for system_id in known if system_id not in usable]

    def texts(system_id: str) -> tuple[str, ...]:
        label = known[system_id].label
        return system_id, label, name_in_menu(label, kinds[system_id]), *asked.FORMER_LABELS.get(system_id, ())

    default = [system_id for system_id in ALWAYS_READY if system_id in usable]
    missing = asked.offer_several(state.SYSTEMS, usable + others, default, "system", texts)
    chosen = st.sidebar.multiselect(
        "Systems",
        usable + others,
        format_func=lambda system_id: name_in_menu(known[system_id].label, kinds[system_id]),
        key=state.SYSTEMS,
        help="Systems that need a download or a key say so here. The page Rerankers has the details.",
    )
    if not chosen:
        st.info("Choose at least one system in the sidebar.")
        st.stop()
    address.hold(state.SYSTEMS, [*chosen, *_missing(missing, chosen)])
    return tuple(known[system_id] for system_id in chosen)


def _missing(missing: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """The systems that the link asks for and are not here, with a warning; forgotten once others are chosen.

    Until then they stay in the address: who gets the link from here may have them.
    """
    if missing:
        state.put(state.SYSTEMS_MISSING, (list(missing), list(chosen)))
    names, beside = state.take(state.SYSTEMS_MISSING) or ([], [])
    if not names or beside != list(chosen):
        state.pop(state.SYSTEMS_MISSING)
        return []
    listed = ", ".join(f"**{plain(name)}**" for name in names)
    does = "a system that is" if len(names) == 1 else "systems that are"
    st.warning(f"This link also asks for {does} not in this workspace: {listed}. The others are shown.")
    return list(names)


def _choose_baseline(systems: Sequence[System]) -> str:
    labels = {system.id: system.label for system in systems}
    first = FIRST_STAGE if FIRST_STAGE in labels else next(iter(labels))

    def texts(system_id: str) -> tuple[str, ...]:
        return system_id, labels[system_id], *asked.FORMER_LABELS.get(system_id, ())

    asked.offer(state.BASELINE, list(labels), first, "baseline", texts)
    baseline = st.selectbox("Baseline", list(labels), format_func=labels.get, key=state.BASELINE)
    address.hold(state.BASELINE, [] if baseline == first else [baseline])
    return baseline


def name_in_menu(label: str, kind: str) -> str:
    """A system's name in a menu, with what it needs first; `kind`: of its state."""
    return label if kind == "ready" else f"{label} ({kind.replace('-', ' ')})"


def _choose_reading(dataset: DatasetRow) -> tuple[int, int]:
    left, right = st.columns(2)
    grades = [grade for grade in dataset.scale if grade > 0]
    asked.offer(state.LEVEL, grades, grades[0], "grade", lambda grade: (str(grade), f"grade {grade}"))
    level = left.selectbox(
        "Relevant from",
        grades,
        key=state.LEVEL,
        format_func=lambda grade: f"grade {grade}",
        help="Grades from here on count as relevant, for RR, P and R. nDCG uses every grade.",
    )
    address.hold_unless(state.LEVEL, level, grades[0])
    asked.offer(state.SHOWN, SHOWN, SHOWN_AT_FIRST, "number of passages shown")
    shown = right.selectbox("Passages shown", SHOWN, key=state.SHOWN)
    address.hold_unless(state.SHOWN, shown, SHOWN_AT_FIRST)
    return level, shown


def _show_search(space: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> None:
    """Say where dense search does not look at all passages, and what it finds of those that it should."""
    facts = search_facts(space.index_folder, dataset.fingerprint, settings) if dataset.n_docs >= ANN_FROM else None
    if facts is not None and facts.recall is not None:
        st.caption(f"Dense: {facts.sentence()}.")


def _show_recall(experiment: Experiment) -> None:
    with experiment.workspace.open() as db:
        made = job_requests.latest(db, RecallRequest.of(experiment))
    curve, queries = cache.recall_curve(experiment, made.state if made else "")
    if not curve:
        st.caption("Recall of the candidates: shown once there are grades and all queries have been searched.")
        return
    parts = [f"{depth}: {recall:.3f}" for depth, recall in curve.items()]
    st.caption(
        f"Recall at each depth, {queries} queries: {' · '.join(parts)}. "
        "A reranker cannot bring back what is not among the candidates."
    )
