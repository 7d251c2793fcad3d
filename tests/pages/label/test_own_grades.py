"""The list of what a judge graded: newest first, found by words in the query, the passage and the note."""

from __future__ import annotations

from pages.ui.label import mine
from pages.ui.label.label import parse_wish
from pages.ui.label.mine import own_grades
from rerank_core.judging.judge_queue import QueueItem
from rerank_core.store import datasets
from tests.support.label_lists import make_list


def item(qid: str, docid: str, grade: int | None, note: str = "") -> QueueItem:
    return QueueItem(qid, docid, "pool", grade, note, {"rank": 3})


def found(workspace, dataset, done, words=""):
    with workspace.open() as db:
        return own_grades(db, dataset.id, done, words)


def test_a_row_has_what_a_judge_knows_the_passage_by(workspace):
    dataset = make_list(workspace, queries=1, passages=2)
    with workspace.open() as db:
        doc = datasets.get_docs(db, dataset.id, ["q0-d0"])["q0-d0"]
        (query,) = datasets.get_queries(db, dataset.id)
    answer = found(workspace, dataset, [item("q0", "q0-d0", 2, "unsure"), item("q0", "q0-d1", None)])
    assert (answer["words"], answer["total"]) == ("", 2)
    assert answer["rows"][0] == ["q0", "q0-d0", "pool", 2, "unsure", 3, False, query.text, doc.title]
    assert answer["rows"][1][6] is True  # skipped


def test_all_words_must_be_there_in_any_case_and_place(workspace):
    dataset = make_list(workspace, queries=2, passages=2)
    done = [item("q0", "q0-d0", 2, "See PARAGRAPH seven"), item("q0", "q0-d1", 1), item("q1", "q1-d0", 0)]
    assert [row[1] for row in found(workspace, dataset, done, "paragraph")["rows"]] == ["q0-d0"]
    # the passage's title holds its id here, the query its name
    assert [row[1] for row in found(workspace, dataset, done, "LETTERS: q0-d1")["rows"]] == ["q0-d1"]
    assert found(workspace, dataset, done, "paragraph q1")["rows"] == []
    assert found(workspace, dataset, done, "   ")["total"] == 3


def test_only_so_many_travel_and_all_are_counted(workspace, monkeypatch):
    dataset = make_list(workspace, queries=1, passages=8)
    monkeypatch.setattr(mine, "MOST", 3)
    answer = found(workspace, dataset, [item("q0", f"q0-d{n}", 1) for n in range(8)])
    assert (answer["total"], len(answer["rows"])) == (8, 3)


def test_a_passage_or_query_that_is_gone_is_named_by_its_id(workspace):
    dataset = make_list(workspace, queries=1, passages=1)
    assert found(workspace, dataset, [item("q9", "gone", 1)], "gone")["rows"][0][7:] == ["q9", "gone"]


def test_a_desk_that_does_not_look_through_them_is_sent_none():
    assert parse_wish({"texts": [], "passed": 0}).mine is None
    assert parse_wish({"mine": "", "at": 17}).mine == ""
    assert parse_wish({"mine": 7}).mine is None
    assert parse_wish({"mine": "\ud800"}).mine is None
