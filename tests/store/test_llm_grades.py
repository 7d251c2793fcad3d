"""Grades of language models in the workspace: apart from people's, one for a pair of texts, a prompt and a model."""

from __future__ import annotations

import sqlite3

import pytest

from rerank_core.store import datasets, judgments, llm_grades
from rerank_core.store.llm_grades import LlmGrade, LlmJudge, query_hash
from rerank_core.types import Doc, Query
from tests.conftest import BIRD_QUERIES, BIRDS

JUDGE = LlmJudge("m at here", "umbrela-1-abc")
DOCS = {doc.docid: doc for doc in BIRDS}


def answer(docid, grade, problem="", query=BIRD_QUERIES[0], tokens=(None, None), **more):
    return LlmGrade(query.qid, docid, query_hash(query), DOCS[docid].text_hash, grade, problem, "", *tokens, **more)


def put(workspace, dataset_id, *answers, judge=JUDGE):
    with workspace.write() as db:
        llm_grades.put(db, dataset_id, judge, answers)


def kept(workspace, dataset_id, judge=JUDGE):
    with workspace.open() as db:
        found = llm_grades.by_judge(db, dataset_id, datasets.get_queries(db, dataset_id))
    return {pair: one.grade for pair, one in found.get(judge, {}).items()}


def test_an_llms_grade_is_no_judgment(workspace, birds):
    put(workspace, birds.id, answer("d1", 3))
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {}
        assert judgments.history(db, birds.id) == []
    assert kept(workspace, birds.id) == {("q1", "d1"): 3}


def test_a_grade_stays_when_another_answer_comes(workspace, birds):
    put(workspace, birds.id, answer("d1", 3))
    put(workspace, birds.id, answer("d1", 0), answer("d1", None, "gave no number"))
    assert kept(workspace, birds.id) == {("q1", "d1"): 3}


def test_a_failure_gives_way_to_a_newer_answer_and_its_tokens_count_on(workspace, birds):
    put(workspace, birds.id, answer("d1", None, "gave no number", tokens=(100, 7)))
    put(workspace, birds.id, answer("d1", None, "gave an empty answer"))
    put(workspace, birds.id, answer("d1", 2, tokens=(100, 9)))
    with workspace.open() as db:
        (one,) = llm_grades.answers(db, JUDGE).values()
    assert (one.grade, one.problem, one.input_tokens, one.output_tokens) == (2, "", 100 + 100, 7 + 9)


def test_an_answer_is_a_grade_or_a_problem_never_both_or_neither(workspace, birds):
    for wrong in (answer("d1", 3, "gave no number"), answer("d1", None)):
        with pytest.raises(sqlite3.IntegrityError):
            put(workspace, birds.id, wrong)
    assert kept(workspace, birds.id) == {}


def test_another_prompt_or_model_is_another_judge_and_the_newest_comes_first(workspace, birds):
    other, third = LlmJudge("m at here", "umbrela-1-def"), LlmJudge("n at here", "umbrela-1-abc")
    put(workspace, birds.id, answer("d1", 3, at="2026-01-02"))
    put(workspace, birds.id, answer("d1", 1, at="2026-01-03"), judge=other)
    put(workspace, birds.id, answer("d1", 0, at="2026-01-01"), judge=third)
    with workspace.open() as db:
        found = llm_grades.by_judge(db, birds.id, BIRD_QUERIES)
    assert list(found) == [other, JUDGE, third]
    assert [own["q1", "d1"].grade for own in found.values()] == [1, 3, 0]


def test_a_changed_text_or_note_has_no_grade_any_more(workspace, birds):
    put(workspace, birds.id, answer("d1", 3), answer("d2", 1), answer("d2", 2, query=BIRD_QUERIES[1]))
    with workspace.write() as db:
        changed = Doc("d1", "Terns dive for crisps.", "Terns")
        db.execute("UPDATE doc SET text = ?, text_hash = ? WHERE docid = 'd1'", [changed.text, changed.text_hash])
        db.execute("UPDATE query SET note = 'another wish' WHERE qid = 'q2'")
    assert kept(workspace, birds.id) == {("q1", "d2"): 1}


def test_the_same_texts_in_another_dataset_and_under_other_ids_have_the_grade(workspace, birds):
    put(workspace, birds.id, answer("d1", 3))
    with workspace.write() as db:
        again = datasets.begin_dataset(db, "birds again", "tests")
        twin = Doc("x", DOCS["d1"].text, DOCS["d1"].title)
        datasets.add_docs(db, again, [twin, Doc("y", twin.text, twin.title), Doc("z", "other")])
        datasets.add_queries(db, again, [Query("9", BIRD_QUERIES[0].text)])
        datasets.finish_dataset(db, again, {})
    assert kept(workspace, again) == {("9", "x"): 3, ("9", "y"): 3}


def test_every_kept_answer_changes_the_stamp(workspace, birds):
    stamps = set()
    for docid in ("d1", "d2"):
        put(workspace, birds.id, answer(docid, None, "gave no number"))
        with workspace.open() as db:
            stamps.add(llm_grades.last_change(db))
    put(workspace, birds.id, answer("d1", 2, at="2999-01-01"))
    with workspace.open() as db:
        stamps.add(llm_grades.last_change(db))
    assert len(stamps) == 3
