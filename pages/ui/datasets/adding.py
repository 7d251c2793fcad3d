"""Queries, grades and runs for a dataset that is here: chosen, looked at, added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from pages.ui import state
from pages.ui.datasets import choosing, preview
from pages.ui.datasets import report as data_report
from pages.ui.markdown import plain
from rerank_core.corpus.additions import import_judgments, import_queries, import_trec_run
from rerank_core.corpus.formats.columns import Columns
from rerank_core.corpus.formats.folder import SUFFIXES
from rerank_core.corpus.formats.lines import plain_suffix
from rerank_core.corpus.report import ImportReport
from rerank_core.corpus.survey.look import FileLook
from rerank_core.corpus.survey.names import Part
from rerank_core.corpus.survey.preview import Preview
from rerank_core.corpus.uploaded import named_as_uploaded
from rerank_core.errors import RerankLensError
from rerank_core.store import datasets
from rerank_core.store.imported_runs import list_imported
from rerank_core.store.workspace import Workspace

KEY = "add"
PARTS: tuple[Part, ...] = ("queries", "grades", "run", "not read")


def additions(space: Workspace) -> None:
    """Choose a dataset and files, see what they were taken for, add them."""
    with space.open() as db:
        names = [row.name for row in datasets.list_datasets(db)]
    if not names:
        st.info("There is no dataset yet. Import one first.")
        return
    name = st.selectbox("Dataset", names, key=f"{KEY}_dataset")
    _say_added()
    chosen = choosing.choose(space, KEY)
    if chosen is None:
        return
    for note in chosen.notes:
        st.warning(plain(note))
    found = _look(space, chosen.source)
    if found is None:
        return
    st.caption("Passages are added and replaced under *Change passages*.")
    preview.show(chosen.source, found, KEY, PARTS)
    wanted = [seen for seen in found.files if seen.part in ("queries", "grades", "run")]
    for problem in found.problems:
        st.error(plain(problem))
    replace_runs = _may_replace(space, name, [seen for seen in wanted if seen.part == "run"])
    # in the page's own run, not before it: whether a path may still be named is asked above
    if st.button("Add", type="primary", disabled=bool(found.problems) or not wanted):
        _add(space, name, chosen.source, found, wanted, replace_runs)
        st.rerun()


def _may_replace(space: Workspace, dataset: str, files: Sequence[FileLook]) -> bool:
    """Whether runs of these names may go, asked only where there are some."""
    with space.open() as db:
        here = {run.name for run in list_imported(db) if run.dataset == dataset}
    taken = [f"'{seen.path.stem}'" for seen in files if seen.path.stem in here]
    if not taken:
        return False
    what = f"the run {taken[0]}" if len(taken) == 1 else f"the runs {', '.join(taken)}"
    return st.checkbox(
        plain(f"Replace {what} of this dataset"),
        key="replace_runs",
        help="What is there under this name is no longer shown, and figures are over the new rankings. For both "
        "beside each other, give the file another name first.",
    )


def _look(space: Workspace, source: Path) -> Preview | None:
    """The preview; what alone would be passages is taken for queries here, until somebody says otherwise."""
    found = preview.look(space, source, needs_passages=False)
    choices = preview.choices_of(source)
    texts = [path.name for path in source.iterdir() if plain_suffix(path.name) in SUFFIXES] if source.is_dir() else []
    names = (
        [name for seen in found.files if seen.part == "passages" for name in ([seen.name] if seen.name else texts)]
        if found is not None
        else []
    )
    fresh: dict[str, Part] = dict.fromkeys((name for name in names if name not in choices.parts), "queries")
    if not fresh:
        return found
    preview.choose(source, replace(choices, parts={**choices.parts, **fresh}))
    return preview.look(space, source, needs_passages=False)


def _add(
    space: Workspace, name: str, source: Path, found: Preview, wanted: Sequence[FileLook], replace_runs: bool
) -> None:
    choices = found.agreed(preview.choices_of(source))
    added: list[tuple[str, ImportReport | str]] = []
    try:
        with named_as_uploaded(space):
            for part in PARTS:  # queries first: a grade may name one that comes along
                for seen in wanted:
                    if seen.part == part:
                        added.append(
                            (seen.name, _read(space, name, seen, choices.columns_of(seen.path, source), replace_runs))
                        )
    except RerankLensError as error:
        before = f"Added before: {', '.join(file for file, _ in added)}. " if added else "Nothing was added. "
        state.put(state.ADDED_FILES, (name, added, f"{before}{error}"))
        return
    choosing.empty(space, KEY)
    state.put(state.ADDED_FILES, (name, added, ""))


def _read(space: Workspace, name: str, seen: FileLook, columns: Columns, replace_runs: bool) -> ImportReport | str:
    """Add one file; its report, of a run the id of its system."""
    if seen.part == "run":
        return import_trec_run(space, name, seen.path, replace_run=replace_runs)[0]
    add = import_queries if seen.part == "queries" else import_judgments
    return add(space, name, seen.path, columns=columns)


def _say_added() -> None:
    name, added, problem = state.take(state.ADDED_FILES) or ("", [], "")
    if problem:
        st.error(plain(problem))
    for file, report in added:
        st.success(f"{plain(file)} is added to {plain(name)}.")
        if isinstance(report, ImportReport):
            data_report.show(report.to_dict())
        else:
            st.caption(f"The run is the system {plain(report)}; choose it on Compare.")
