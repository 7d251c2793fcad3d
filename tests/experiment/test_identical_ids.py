"""A query that is a passage finds itself: that is said, and left out where asked, by every verb that decides."""

from __future__ import annotations

import json
from math import log2

import pytest

from rerank_core.__main__ import main
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.systems.systems import get_system
from rerank_core.types import Query
from tests.support.reports import BASE, OTHER, SETTINGS, ranked_dataset

QIDS = "abcd"
VIEW = ("--dataset", "letters", "--retrievers", "bm25", "--depth", "10")
SYSTEMS = ("--systems", f"{BASE},{OTHER}", "--baseline", BASE)
GATE = ("--system", OTHER, "--baseline", BASE)
IGNORED = "--ignore-identical-ids"


@pytest.fixture
def letters(workspace):
    """The baseline finds each query first, the other behind the relevant passage "e"."""
    orders = {BASE: {qid: f"{qid}e" for qid in QIDS}, OTHER: {qid: f"e{qid}" for qid in QIDS}}
    queries = [Query(qid, f"text of {qid}") for qid in QIDS]
    return ranked_dataset(workspace, orders, {qid: {"e": 1} for qid in QIDS}, queries=queries)


@pytest.fixture
def call(workspace, letters, capsys):
    def run(*words):
        code = main(["--workspace", str(workspace.path), *map(str, words)])
        return code, capsys.readouterr().out

    return run


@pytest.mark.parametrize("verb", ["evaluate", "compare"])
def test_means_are_with_and_without_them_and_it_is_said(call, verb):
    def means(*words):
        found = json.loads(call(verb, *VIEW, *SYSTEMS, *words, "--json")[1])
        rows = found["systems"] if verb == "compare" else found
        return [row["nDCG@10"] for row in rows]

    assert means() == [pytest.approx(1 / log2(3)), 1.0]
    assert means(IGNORED) == [1.0, 1.0]
    assert "On 4 queries a system ranks the passage that has the query's own id." in call(verb, *VIEW, *SYSTEMS)[1]
    assert "own id is left out, as BEIR does" in call(verb, *VIEW, *SYSTEMS, IGNORED)[1]


def test_the_gate_decides_without_them_where_asked(call):
    assert json.loads(call("gate", *VIEW, *GATE, "--json")[1])["delta"] == pytest.approx(1 - 1 / log2(3))
    assert json.loads(call("gate", *VIEW, *GATE, IGNORED, "--json")[1])["delta"] == 0.0


def test_a_report_says_it_and_its_command_makes_it_again(call, tmp_path):
    path = tmp_path / "report.md"
    assert IGNORED not in json.loads(call("report", path, *VIEW, *SYSTEMS, "--json")[1])["command"]
    assert "On 4 queries a system ranks the passage that has the query's own id." in path.read_text()
    assert IGNORED in json.loads(call("report", path, *VIEW, *SYSTEMS, IGNORED, "--json")[1])["command"]
    text = path.read_text()
    assert "left out, as BEIR does" in text
    assert "a system ranks the passage that has the query's own id" not in text


def test_ranks_move_up_and_grades_and_failures_stay(workspace, letters):
    systems = [get_system(workspace, one) for one in (BASE, OTHER)]
    whole = load_whole_set(Experiment(workspace, letters, SETTINGS, tuple(systems)))
    assert whole.own_passages == tuple(QIDS)
    left = whole.without_own_passages()
    assert [(doc.docid, doc.rank) for doc in left.ranking(BASE, "a").docs] == [("e", 1)]
    assert (left.candidates["a"], left.qrels) == (("e",), whole.qrels)
    assert left.own_passages == ()
    assert left.off_candidates(OTHER) == []


def test_ids_that_only_count_alike_are_not_mentioned(workspace, capsys):
    docs = {"1": "12", "2": "21"}
    orders = {BASE: docs, OTHER: docs}
    ranked_dataset(workspace, orders, {"1": {"2": 1}, "2": {"1": 1}})
    assert main(["--workspace", str(workspace.path), "compare", *VIEW, *SYSTEMS]) == 0
    assert "own id" not in capsys.readouterr().out
