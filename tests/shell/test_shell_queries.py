"""Removing queries from a shell: by id, from a file, all that nobody graded."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace


@pytest.fixture
def call(tmp_path, capsys):
    folder = tmp_path / "birds"
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "007", "text": "Terns dive for fish."}) + "\n")
    queries = [{"_id": f"q{n}", "text": f"text {n}"} for n in range(4)]
    (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\t007\t2\n")

    def run(*words):
        code = main(["--workspace", str(tmp_path / "workspace.db"), *map(str, words)])
        return code, capsys.readouterr()

    assert run("import", "birds", folder, "--all-queries")[0] == 0
    return run


@pytest.fixture
def left(tmp_path):
    def qids():
        with Workspace(tmp_path / "workspace.db").open() as db:
            return [query.qid for query in datasets.get_queries(db, datasets.get_dataset(db, "birds").id)]

    return qids


def test_queries_are_removed_by_id_and_from_a_file(call, left, tmp_path):
    (tmp_path / "ids.txt").write_text("q2\n\n q3 \nq9\n")
    code, out = call("remove-queries", "birds", "q0", "--from", tmp_path / "ids.txt")
    assert (code, left()) == (0, ["q1"])
    assert "3 queries removed." in out.out
    assert "Not in 'birds': q9." in out.out


def test_graded_queries_need_a_second_word(call, left, tmp_path):
    code, out = call("remove-queries", "birds", "q1", "q2")
    assert (code, left()) == (2, ["q0", "q1", "q2", "q3"])
    assert "--graded-too" in out.err
    code, out = call("remove-queries", "birds", "q1", "q2", "--graded-too", "--json")
    assert (code, left()) == (0, ["q0", "q3"])
    assert json.loads(out.out) == {"queries": 2, "graded": 1, "grades": 1, "unknown": [], "dry_run": False}
    call("export", "qrels", tmp_path / "qrels.txt", "--dataset", "birds")
    call("export", "labels", tmp_path / "labels.csv", "--dataset", "birds")
    assert (tmp_path / "qrels.txt").read_text() == ""
    assert "text 1" in (tmp_path / "labels.csv").read_text()


def test_all_that_nobody_graded_and_a_look_before(call, left):
    code, out = call("remove-queries", "birds", "--ungraded", "--dry-run")
    assert (code, len(left())) == (0, 4)
    assert "3 queries would be removed." in out.out
    assert call("remove-queries", "birds", "--ungraded")[0] == 0
    assert left() == ["q1"]


def test_what_cannot_be_meant_is_refused(call, left, tmp_path):
    (tmp_path / "empty.txt").write_text("\n")
    assert call("remove-queries", "birds")[0] == 2
    assert call("remove-queries", "nothing", "q1")[0] == 2
    assert call("remove-queries", "birds", "--from", tmp_path / "empty.txt")[0] == 4
    assert call("remove-queries", "birds", "--from", tmp_path / "no-such-file.txt")[0] == 4
    assert len(left()) == 4
