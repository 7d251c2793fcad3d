"""Labels with their history as files: every event, as it was, in both formats."""

from __future__ import annotations

import csv
import json

import pytest

from rerank_core.errors import BadInputError
from rerank_core.judging.history import export_labels, label_events
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.types import Query

NOTE = 'says "maybe",\nand then nothing; =1+1'


@pytest.fixture
def graded(workspace, birds):
    events = [
        GradeEvent("c", 1, "grade", "q1", "007", 1, rule="pool"),
        GradeEvent("c", 2, "grade", "q1", "007", 3, NOTE, "pool"),
        GradeEvent("c", 3, "skip", "q2", "d1", rule="overlap"),
        GradeEvent("c", 4, "undo", "q1"),
    ]
    with workspace.write() as db:
        judgments.record(db, birds.id, "ann", events, birds.scale)
    return birds


def test_each_event_is_a_line_with_its_old_and_new_grade(workspace, graded, tmp_path):
    path = tmp_path / "labels.jsonl"
    assert export_labels(workspace, graded, path) == 4
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(row["kind"], row["old_grade"], row["new_grade"]) for row in rows] == [
        ("grade", None, 1),
        ("grade", 1, 3),
        ("skip", None, None),
        ("undo", 3, 1),
    ]
    assert (rows[1]["docid"], rows[1]["query"], rows[1]["note"]) == ("007", "who eats fish", NOTE)
    assert [row["rule"] for row in rows] == ["pool", "pool", "overlap", ""]
    assert all(row["judge"] == "ann" and row["source"] == "human" for row in rows)
    assert all(row["at"] and row["text_hash"] for row in rows)


def test_csv_holds_the_same(workspace, graded, tmp_path):
    path = tmp_path / "labels.csv"
    assert export_labels(workspace, graded, path) == 4
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["note"] == NOTE
    assert rows[1]["docid"] == "007"
    assert [row["old_grade"] for row in rows] == ["", "1", "", "3"]
    assert list(rows[0]) == list(type(label_events(workspace, graded)[0]).__dataclass_fields__)


def test_what_a_spreadsheet_would_run_is_harmless_in_csv_and_as_it_is_in_json_lines(workspace, birds, tmp_path):
    formula = '=HYPERLINK("http://127.0.0.1/?x="&A1,"open")'
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query("q9", formula)])
        event = GradeEvent("c", 1, "grade", "q9", "007", 1, "@SUM(1+1)", "pool")
        judgments.record(db, birds.id, "=cmd|' /C calc'!A0", [event], birds.scale)
    export_labels(workspace, birds, tmp_path / "labels.csv")
    with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["query"], row["note"], row["judge"]) == (f"'{formula}", "'@SUM(1+1)", "'=cmd|' /C calc'!A0")
    export_labels(workspace, birds, tmp_path / "labels.jsonl")
    row = json.loads((tmp_path / "labels.jsonl").read_text(encoding="utf-8"))
    assert (row["query"], row["note"], row["judge"]) == (formula, "@SUM(1+1)", "=cmd|' /C calc'!A0")


def test_no_labels_are_an_empty_file_with_its_header(workspace, birds, tmp_path):
    assert export_labels(workspace, birds, tmp_path / "labels.csv") == 0
    assert (tmp_path / "labels.csv").read_text(encoding="utf-8").startswith("event,at,judge,qid")


def test_another_ending_is_refused_and_writes_nothing(workspace, graded, tmp_path):
    with pytest.raises(BadInputError, match=r"\.jsonl or \.csv"):
        export_labels(workspace, graded, tmp_path / "labels.xlsx")
    assert not (tmp_path / "labels.xlsx").exists()
