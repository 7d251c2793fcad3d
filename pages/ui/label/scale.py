"""The scale of a dataset: presets, names and guidelines; a change of existing grades is chosen one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.store import scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.scales import Grade
from rerank_core.store.workspace import Workspace

AS_IT_IS = "The current scale"
OWN = "A scale of your own"
MOST = 10  # one digit key a grade


def show(space: Workspace, dataset: DatasetRow) -> None:
    """The scale as it is, the choice of another one, and what becomes of the grades that were given."""
    with space.open() as db:
        now, used = scales.get_scale(db, dataset.id), scales.grades_in_use(db, dataset.id)
    chosen = st.selectbox("Scale", [AS_IT_IS, *scales.PRESETS, OWN], key="scale_kind")
    steps = _steps(chosen, now)
    wanted = [_step(chosen, place, step) for place, step in enumerate(steps)]
    mapping = _mapping(now, wanted, used)
    carried = "The grades are carried over as new entries; the old ones stay in the history."
    st.caption(carried if mapping is not None else "Names can change until the first grade; guidelines at any time.")
    if st.button("Use this scale", type="primary", key="scale_save"):
        try:
            with space.write() as db:
                scales.set_scale(db, dataset.id, wanted, mapping)
        except RerankLensError as error:
            st.error(plain(str(error)))
            return
        st.rerun()


def _steps(chosen: str, now: Sequence[Grade]) -> Sequence[Grade]:
    if chosen == AS_IT_IS:
        return now
    if chosen in scales.PRESETS:
        return scales.PRESETS[chosen]
    count = st.number_input("How many grades", 2, MOST, max(2, min(len(now), MOST)), key="scale_count")
    known = {step.grade: step for step in now}
    return [known.get(grade, Grade(grade, "", "")) for grade in range(int(count))]


def _step(chosen: str, place: int, step: Grade) -> Grade:
    left, right = st.columns([1, 3])
    name = left.text_input(f"Name of grade {step.grade}", step.name, max_chars=40, key=f"scale_name_{chosen}_{place}")
    guideline = right.text_input(
        f"When to give {step.grade}", step.guideline, max_chars=400, key=f"scale_guide_{chosen}_{place}"
    )
    return Grade(step.grade, name, guideline)


def _mapping(now: Sequence[Grade], wanted: Sequence[Grade], used: Mapping[int, int]) -> dict[int, int] | None:
    """What each grade in use becomes; None where the grades and their names stay, or none is in use."""
    names, before = {one.grade: one.name for one in wanted}, {one.grade: one.name for one in now}
    if not used or names == before:
        return None
    st.markdown("**Grades exist on the current scale. What does each become?**")
    columns = st.columns(min(len(used), 5))
    return {
        grade: columns[place % len(columns)].selectbox(
            f"{grade} {plain(before.get(grade, ''))} ({count:,} given)",
            list(names),
            _nearest(grade, list(before), list(names)),
            lambda one: f"{one} {names[one]}",
            key=f"scale_map_{grade}_{len(names)}",
        )
        for place, (grade, count) in enumerate(used.items())
    }


def _nearest(grade: int, before: Sequence[int], names: Sequence[int]) -> int:
    """The place on the new scale that stands where the grade stood on the old one."""
    if grade not in before or len(before) < 2:
        return 0
    return round(before.index(grade) * (len(names) - 1) / (len(before) - 1))
