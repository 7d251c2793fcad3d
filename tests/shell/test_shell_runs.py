"""Runs from a shell: what was ranked leaves one, and a TREC run from elsewhere takes part."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from tests.conftest import BIRD_QUERIES

BM25 = ("--dataset", "birds", "--retrievers", "bm25", "--depth", "10")


@pytest.fixture
def call(workspace, birds, capsys):
    def run(*words):
        code = main(["--workspace", str(workspace.path), *map(str, words)])
        return code, capsys.readouterr()

    return run


def test_a_run_is_listed_with_its_key_and_what_made_it_stale(call, workspace, tmp_path):
    assert call("runs")[1].out == "nothing here\n"
    call("run", *BM25, "--systems", "first-stage")
    (row,) = json.loads(call("runs", "--dataset", "birds", "--json")[1].out)
    assert (row["system"], row["queries"], row["depth"], row["stale"]) == ("first-stage", len(BIRD_QUERIES), 10, "")
    assert json.loads(call("runs", "--system", "minilm-cosine", "--json")[1].out) == []
    (tmp_path / "more.txt").write_text("who nests in burrows\n")
    call("import-queries", "birds", tmp_path / "more.txt")
    assert "Queries were added" in call("runs")[1].out
    assert call("runs", "--dataset", "nothing")[0] == 2


def test_a_run_from_elsewhere_is_imported_measured_and_exported_as_it_was(call, tmp_path):
    file = tmp_path / "theirs.trec"
    file.write_text("q1 Q0 d3 1 2.5 run:theirs\nq1 Q0 007 2 0.5 run:theirs\nq2 Q0 d2 1 9.0 run:theirs\n")
    code, out = call("import-run", "birds", file, "--json")
    assert code == 0
    assert json.loads(out.out)["system"] == "run:theirs"
    assert json.loads(out.out)["queries"] == 2
    assert "run:theirs" in [row["id"] for row in json.loads(call("systems", "--json")[1].out)]
    assert call("run", *BM25, "--systems", "run:theirs")[0] == 0
    assert call("export", "run", tmp_path / "out.trec", *BM25, "--system", "run:theirs")[0] == 0
    assert (tmp_path / "out.trec").read_bytes() == file.read_bytes()


def test_a_file_that_is_no_run_is_refused_with_its_line(call, tmp_path):
    (tmp_path / "bad.trec").write_text("q1 Q0 d1 1 high tag\n")
    code, out = call("import-run", "birds", tmp_path / "bad.trec")
    assert code == 4
    assert "bad.trec, line 1" in out.err


def test_a_run_whose_ranks_contradict_its_scores_is_imported_with_a_word(call, tmp_path):
    (tmp_path / "distances.trec").write_text("q1 Q0 d1 1 0.1 t\nq1 Q0 007 2 0.9 t\n")
    code, out = call("import-run", "birds", tmp_path / "distances.trec")
    assert code == 0
    assert "Its ranks and scores disagree on 1 of 1 queries (the first: q1)" in out.out
    code, out = call("import-run", "birds", tmp_path / "distances.trec", "--json")
    assert json.loads(out.out)["queries whose ranks and scores disagree"] == 1


def test_queries_that_an_imported_run_lacks_count_0_in_a_verdict_and_that_is_said(call, tmp_path):
    (tmp_path / "grades.txt").write_text("q1 0 007 1\nq2 0 d2 1\n")
    call("import-labels", "birds", tmp_path / "grades.txt")
    (tmp_path / "half.trec").write_text("q1 Q0 007 1 0.9 t\n")
    call("import-run", "birds", tmp_path / "half.trec")
    systems = ("first-stage", "run:half")
    call("run", *BM25, "--systems", ",".join(systems))
    said = "half returned nothing on 1 queries, which count 0."
    assert said in call("compare", *BM25, "--systems", ",".join(systems))[1].out
    assert said in call("gate", *BM25, "--baseline", systems[0], "--system", systems[1])[1].out


def test_a_run_of_the_same_name_needs_the_option_to_be_replaced(workspace, birds, call, tmp_path):
    (tmp_path / "live.trec").write_text("q1 Q0 007 1 2.0 x\n")
    assert call("import-run", "birds", tmp_path / "live.trec")[0] == 0
    (tmp_path / "live.trec").write_text("q1 Q0 d1 1 3.0 x\n")
    code, out = call("import-run", "birds", tmp_path / "live.trec")
    assert code != 0
    assert "There is a system 'run:live' already. Replace it (--replace), or choose another name (--name)." in out.err
    assert call("import-run", "birds", tmp_path / "live.trec", "--replace")[0] == 0
