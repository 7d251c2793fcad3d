"""Grading scales: each grade's name and guideline. A scale is fixed once grades exist, unless it is mapped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from rerank_core.errors import BadInputError
from rerank_core.store import judges, judgments
from rerank_core.types import Judgment

MOST = 11  # one key a grade
LONGEST_NAME = 40


class Grade(NamedTuple):
    """A step of a scale: the number that measures use, its name, and when to give it ("" where nobody said)."""

    grade: int
    name: str
    guideline: str = ""


PRESETS: dict[str, tuple[Grade, ...]] = {
    "Yes or no": (
        Grade(0, "Not relevant", "Somebody with this question would not want to see it."),
        Grade(1, "Relevant", "It helps somebody with this question, in part or in full."),
    ),
    "0 to 3": (
        Grade(0, "Not relevant", "It has nothing to do with the question, or only shares words with it."),
        Grade(1, "Related", "It is about the same subject, but does not help with this question."),
        Grade(2, "Useful", "It helps with part of the question, or the answer is there among much else."),
        Grade(3, "Answers it", "It is about this very question and answers it."),
    ),
    "0 to 4": (
        Grade(0, "Not relevant", "It has nothing to do with the question, or only shares words with it."),
        Grade(1, "Related", "It is about the same subject, but does not help with this question."),
        Grade(2, "Partly useful", "It helps with a small part of the question; much more would be needed."),
        Grade(3, "Useful", "It helps with most of the question, or the answer is there among much else."),
        Grade(4, "Answers it", "It is about this very question and answers it."),
    ),
}
DEFAULT = "0 to 3"


def preset_names(preset: str) -> dict[int, str]:
    """Grade -> name of one of `PRESETS`, lowest grade first."""
    return {one.grade: one.name for one in PRESETS[preset]}


def get_scale(db: Database, dataset_id: int) -> list[Grade]:
    """A dataset's scale, lowest grade first. A scale with the names of a preset has its guidelines until it is set."""
    names = _names(db, dataset_id)
    sql = "SELECT grade, iif(typeof(guideline) = 'text', guideline, '') FROM grade_guideline WHERE dataset_id = ?"
    said = dict(db.execute(sql, [dataset_id]))
    if not said:
        preset = (grades for name, grades in PRESETS.items() if preset_names(name) == names)
        said = {one.grade: one.guideline for one in next(preset, ())}
    return [Grade(grade, name, said.get(grade, "")) for grade, name in names.items()]


def set_scale(
    db: Database, dataset_id: int, grades: Sequence[tuple[int, str, str]], mapping: Mapping[int, int] | None = None
) -> int:
    """Give a dataset a scale of (grade, name, guideline) and return how many grades were carried over.

    To be called inside `Workspace.write()`. Once there are grades, only guidelines can change without `mapping`; it
    says for each grade in use, whoever gave it, what it becomes. What is carried over is appended under the same judge
    and source, and nothing is overwritten; an undo does not reach back over it. Raises BadInputError, and then
    nothing has changed.
    """
    scale = _checked(grades)
    names = {one.grade: one.name for one in scale}
    before = _names(db, dataset_id)
    current = judges.current(db, dataset_id)
    used = {one.grade for one in current}
    if used and names != before and mapping is None:
        raise BadInputError(
            "scale", None, f"{len(current):,} grades were given on the scale as it is", "what each grade in use becomes"
        )
    moved = [] if mapping is None else _mapped(current, mapping, names, before)
    judgments.import_judgments(db, dataset_id, moved, rule="mapped")
    db.execute("UPDATE dataset SET scale = ? WHERE id = ?", [json.dumps(names), dataset_id])
    db.execute("DELETE FROM grade_guideline WHERE dataset_id = ?", [dataset_id])
    rows = [(dataset_id, one.grade, one.guideline) for one in scale]
    db.conn.executemany("INSERT INTO grade_guideline (dataset_id, grade, guideline) VALUES (?, ?, ?)", rows)
    return len(moved)


def grades_in_use(db: Database, dataset_id: int) -> dict[int, int]:
    """grade -> how many judges' current grades have it, lowest first: what a mapping has to cover."""
    found = [one.grade for one in judges.current(db, dataset_id)]
    return {grade: found.count(grade) for grade in sorted(set(found))}


def _names(db: Database, dataset_id: int) -> dict[int, str]:
    text = db.execute("SELECT scale FROM dataset WHERE id = ?", [dataset_id]).fetchone()[0]
    return {int(grade): name for grade, name in sorted(json.loads(text).items(), key=lambda item: int(item[0]))}


def _checked(grades: Sequence[tuple[int, str, str]]) -> list[Grade]:
    scale = sorted(Grade(grade, " ".join(name.split()), guideline.strip()) for grade, name, guideline in grades)
    numbers, names = [one.grade for one in scale], [one.name for one in scale]
    if len(set(numbers)) != len(numbers) or not 2 <= len(numbers) <= MOST or numbers[0] != 0:
        expected = f"2 to {MOST} grades, each once, of which 0 is the lowest and means not relevant"
        raise BadInputError("scale", None, f"the grades are {numbers}", expected)
    if not all(names) or len(set(names)) != len(names) or max(map(len, names)) > LONGEST_NAME:
        expected = f"a name for each grade, each another one, of {LONGEST_NAME} signs at the most"
        raise BadInputError("scale", None, f"the names are {names}", expected)
    return scale


def _mapped(
    current: Sequence[Judgment], mapping: Mapping[int, int], names: Mapping[int, str], before: Mapping[int, str]
) -> list[Judgment]:
    uncovered = sorted({one.grade for one in current} - mapping.keys())
    if uncovered:
        raise BadInputError(
            "scale", None, f"nothing says what becomes of {uncovered}", "an entry for each grade in use"
        )
    outside = sorted(set(mapping.values()) - names.keys())
    if outside:
        raise BadInputError("scale", None, f"{outside} are not on the new scale", f"one of {sorted(names)}")
    if all(old == new for old, new in mapping.items()) and before.keys() <= names.keys():
        return []  # all that an undo could bring back is on the new scale as well
    return [
        Judgment(
            one.qid, one.docid, mapping[one.grade], one.judge, one.source,
            f"mapped from {one.grade} ({before.get(one.grade, 'not on the scale')})", "", one.text_hash,
        )
        for one in current
    ]  # fmt: skip
