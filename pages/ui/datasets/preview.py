"""The files as they would be imported, each with what it was taken for and why; all of it can be changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.datasets.columns import show_columns
from pages.ui.markdown import plain
from rerank_core.corpus.formats.columns import NEEDED, Role
from rerank_core.corpus.survey.aside import look_aside
from rerank_core.corpus.survey.choices import NO_CHOICES, Choices
from rerank_core.corpus.survey.look import AS_SAID, FileLook
from rerank_core.corpus.survey.names import PARTS, Part
from rerank_core.corpus.survey.preview import Preview
from rerank_core.errors import RerankLensError
from rerank_core.store.uploads import shown_source
from rerank_core.store.workspace import Workspace

PART_NAMES: Mapping[Part, str] = {
    "passages": "Passages", "queries": "Queries", "grades": "Grades", "run": "A run", "not read": "Not read",
}  # fmt: skip
WITH_PASSAGES: tuple[Part, ...] = ("passages", "queries", "grades", "not read")
_SHOWN = 30
"""So many files have fields; of more, the rest is taken as it was guessed, and says so."""


def choices_of(source: Path) -> Choices:
    """What was chosen for these files on the page; nothing yet for others."""
    found: Choices = (state.take(state.CHOICES) or {}).get(str(source), NO_CHOICES)
    return found


def choose(source: Path, choices: Choices) -> None:
    """Keep what was chosen for these files."""
    state.put(state.CHOICES, {**(state.take(state.CHOICES) or {}), str(source): choices})


def look(space: Workspace, source: Path, needs_passages: bool = True) -> Preview | None:
    """The preview with the choices so far, made anew where one changed; None where none can be, and why is shown."""
    choices = choices_of(source)
    asked = json.dumps([choices.parts, choices.roles, choices.headers, needs_passages], default=dict)
    previews: dict[str, tuple[str, Preview]] = state.take(state.PREVIEWS) or {}
    before, found = previews.get(str(source), ("", None))
    if found is None or before != asked:
        try:
            with st.spinner("Looking at the files…"):
                found = look_aside(source, choices, needs_passages)
        except RerankLensError as error:
            st.error(plain(shown_source(space, str(error))))
            return None
        state.put(state.PREVIEWS, {**previews, str(source): (asked, found)})
    return found


def show(source: Path, preview: Preview, key: str, parts: tuple[Part, ...] = WITH_PASSAGES) -> None:
    """Each file with its part, its columns and first rows, and fields to change them. `key`: the form's own."""
    changeable = [seen for seen in preview.files if _can_change(seen)]
    for number, seen in enumerate(changeable[:_SHOWN]):
        with st.container(border=True):
            _file(source, seen, parts, key, number)
    if rest := changeable[_SHOWN:]:
        counts = ", ".join(f"{plain(seen.name)}: {PART_NAMES[seen.part]}" for seen in rest[:20])
        st.caption(f"{len(rest):,} more files are read as they were guessed. {counts}")
    for seen in preview.files:
        if seen not in changeable:
            _unchangeable(seen)


def _can_change(seen: FileLook) -> bool:
    return bool(seen.name) and (bool(seen.rows) or seen.why == AS_SAID or seen.part != "not read")


def _unchangeable(seen: FileLook) -> None:
    if seen.part != "not read":
        names = ", ".join(plain(row[0]) for row in seen.rows) + (" …" if seen.files > len(seen.rows) else "")
        what = "1 text is" if seen.files == 1 else f"{seen.files:,} texts are"
        st.markdown(f"**{what}** cut into passages: {names}")
    elif not seen.name:
        st.caption(f"Not read: {plain(seen.kind)} ({seen.files:,}). {plain(_sentence(seen.why))}")
    else:
        kind = f"{plain(seen.kind)} and " if seen.kind.startswith(("a ", "an ")) else ""
        st.warning(f"**{plain(seen.name)}** is {kind}not read. {plain(_sentence(seen.why))}", icon=":material/block:")


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}." if clause else ""


def _file(source: Path, seen: FileLook, parts: tuple[Part, ...], form: str, number: int) -> None:
    own = f"{form}{number}"
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    left.markdown(f"**{plain(seen.name)}** · {plain(seen.kind)}")
    key = f"part_{own}"
    offered = [part for part in PARTS if part in (*parts, seen.part)]
    state.put(key, seen.part)
    right.selectbox(
        f"File {number + 1} is taken for",
        offered,
        key=key,
        format_func=PART_NAMES.__getitem__,
        on_change=_choose_part,
        args=(source, seen.name, key),
    )
    reason = plain(_sentence(seen.why))
    if seen.sure and all(field.sure for field in seen.fields):
        st.caption(reason)
    else:
        st.warning(f"{reason} Please check what was guessed.", icon=":material/help:")
    if seen.part == "run" and "run" not in parts:
        st.info("A run is added to a dataset that is there already: under *Add queries or grades*.")
    for note in seen.notes:
        st.info(plain(note))
    if seen.part in NEEDED and seen.fields:
        show_columns(seen, own, lambda roles: _choose_roles(source, seen.name, roles))
    if seen.header is not None and seen.part in NEEDED:
        key = f"header_{own}"
        state.put(key, seen.header)
        st.checkbox(
            f"The first row of {plain(seen.name)} names the columns",
            key=key,
            on_change=_choose_header,
            args=(source, seen.name, key),
        )


def _choose_part(source: Path, file: str, key: str) -> None:
    before = choices_of(source)
    roles = {name: given for name, given in before.roles.items() if name != file}
    choose(source, replace(before, parts={**before.parts, file: state.take(key)}, roles=roles))


def _choose_header(source: Path, file: str, key: str) -> None:
    before = choices_of(source)
    roles = {name: given for name, given in before.roles.items() if name != file}
    choose(source, replace(before, headers={**before.headers, file: bool(state.take(key))}, roles=roles))


def _choose_roles(source: Path, file: str, roles: Mapping[str, Role]) -> None:
    before = choices_of(source)
    given = {**before.roles.get(file, {}), **roles}
    choose(source, replace(before, roles={**before.roles, file: given}))


def options(choices: Choices) -> dict[str, Any]:
    """The choices as values of `ImportOptions`."""
    roles = {file: dict(given) for file, given in choices.roles.items()}
    return {"parts": dict(choices.parts), "roles": roles, "headers": dict(choices.headers)}
