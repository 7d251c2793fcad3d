"""The columns of a file in the preview: which one is the id, the title, the text …, why, and their first rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.corpus.formats.columns import NEEDED, ROLES_OF, SEVERAL, Role
from rerank_core.corpus.survey.column_look import ColumnLook
from rerank_core.corpus.survey.look import FileLook
from rerank_core.text import shortened

ROLE_NAMES: Mapping[Role, str] = {
    "id": "Id", "title": "Title", "text": "Text", "tags": "Tags", "filter": "Filters and details", "note": "Note",
    "query": "Query (its id or text)", "passage": "Passage (its id)", "grade": "Grade", "not read": "Not read",
}  # fmt: skip
_NONE = "– none –"
_CELL, _COLUMNS = 160, 12
"""Characters of a cell, and columns of the sample, that are shown."""

Choose = Callable[[Mapping[str, Role]], None]


def show_columns(seen: FileLook, key: str, choose: Choose) -> None:
    """A field for each role, with the reason under it, then the first rows. `choose` takes what was changed."""
    roles = [role for role in ROLES_OF[seen.part] if role != "not read"]
    singles = [role for role in roles if role not in SEVERAL]
    for place, role in zip(st.columns(len(singles)), singles, strict=True):
        with place:
            _one(seen, role, key, choose)
    several = [role for role in roles if role in SEVERAL]
    for place, role in zip(st.columns(len(several)) if several else (), several, strict=True):
        with place:
            _some(seen, role, key, choose)
    left_out = [field.name for field in seen.fields if field.role == "not read"]
    if left_out:
        st.caption(f"Not read: {plain(shortened(', '.join(left_out), 300))}.")
    _sample(seen)


def _one(seen: FileLook, role: Role, key: str, choose: Choose) -> None:
    now = next((field for field in seen.fields if field.role == role), None)
    needed = role in NEEDED[seen.part]
    names = [*([] if needed and now is not None else [_NONE]), *(field.name for field in seen.fields)]
    own = f"{role}_{key}"
    state.put(own, now.name if now is not None else _NONE)
    st.selectbox(
        ROLE_NAMES[role],
        names,
        key=own,
        format_func=_shown,
        on_change=_chosen,
        args=(seen, role, own, choose),
    )
    st.caption(_reason(now, role, needed))


def _reason(now: ColumnLook | None, role: Role, needed: bool) -> str:
    if now is None and role == "id" and not needed:
        return "None: the queries are numbered."
    if now is None:
        return "Choose a column." if needed else "No column was taken for it."
    why = plain(f"{now.why[:1].upper()}{now.why[1:]}.")
    return why if now.sure else f"**Please check.** {why}"


def _some(seen: FileLook, role: Role, key: str, choose: Choose) -> None:
    own = f"{role}_{key}"
    now = [field for field in seen.fields if field.role == role]
    state.put(own, [field.name for field in now])
    st.multiselect(
        ROLE_NAMES[role],
        [field.name for field in seen.fields],
        key=own,
        format_func=_shown,
        on_change=_some_chosen,
        args=(seen, role, own, choose),
        placeholder="No column",
    )
    reasons = "; ".join(f"{plain(_shown(field.name))}: {plain(field.why)}" for field in now[:4])
    if reasons:
        st.caption(f"{reasons}.")


def _shown(name: str) -> str:
    return shortened(name, 60) or "(no name)"


def _chosen(seen: FileLook, role: Role, key: str, choose: Choose) -> None:
    """Give the role to the chosen column; whichever had it before is a detail, or not read."""
    name = state.take(key)
    roles: dict[str, Role] = {field.name: _otherwise(seen) for field in seen.fields if field.role == role}
    if name != _NONE:
        roles[name] = role
    choose(roles)


def _some_chosen(seen: FileLook, role: Role, key: str, choose: Choose) -> None:
    names = set(state.take(key))
    before = {field.name for field in seen.fields if field.role == role}
    gone: Role = "not read" if role == "filter" else _otherwise(seen)
    choose({**dict.fromkeys(before - names, gone), **dict.fromkeys(names - before, role)})


def _otherwise(seen: FileLook) -> Role:
    return "filter" if seen.part == "passages" else "not read"


def _sample(seen: FileLook) -> None:
    """The first rows, columns that are read first; HTML, so that it can be read out and copied."""
    order = {role: place for place, role in enumerate(ROLES_OF[seen.part])}
    fields = sorted(enumerate(seen.fields), key=lambda item: order[item[1].role])[:_COLUMNS]
    heads = {place: f"{plain(_shown(field.name))} ({field.role})" for place, field in fields}
    if seen.rows:
        st.table(harmless_table({heads[place]: [_cell(row, place) for row in seen.rows] for place, _ in fields}))
    if len(seen.fields) > _COLUMNS:
        st.caption(f"{len(seen.fields) - _COLUMNS:,} more columns are not shown.")


def _cell(row: tuple[str, ...], place: int) -> str:
    return plain(shortened(row[place], _CELL)) if place < len(row) else ""
