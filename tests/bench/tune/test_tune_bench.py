"""`tests.bench tune`, in small: the plain loop agrees, worlds are counted, a collection gives one row per search."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pytrec_eval import RelevanceEvaluator

from rerank_core.evaluation.names import parse_measure
from rerank_core.shell.answer import DONE, USAGE
from rerank_core.tuning.search_space import FirstStage, SearchSpace
from rerank_core.tuning.values import values
from tests.bench.__main__ import main
from tests.bench.simulated_judges import load
from tests.bench.tune.timing import drawn_lists, plain_values


def bench(capsys, *words):
    assert main(["tune", "--json", *words]) == DONE
    return json.loads(capsys.readouterr().out)


def test_the_plain_loop_has_the_values_that_we_have():
    lists = drawn_lists(3, 1, seed=2)
    settings = SearchSpace(rrf_ks=(1, 60), weights=(0.0, 0.3, 1.0), depths=(10, 100)).first_stages(FirstStage())
    assert plain_values(lists, settings) == pytest.approx(values(lists, settings, parse_measure("nDCG@10")), abs=1e-12)
    assert np.ptp(plain_values(lists, settings)) > 0


def test_every_step_is_timed_and_a_plain_loop_beside_it(capsys):
    found = bench(capsys, "--queries", "20")
    assert [row["step"] for row in found["rows"]][-1] == "all"
    assert found["rows"][-1]["processor"] == pytest.approx(sum(row["processor"] for row in found["rows"][:-1]))


def test_worlds_are_counted(capsys):
    rows = bench(capsys, "--worlds", "4", "--queries", "20")["rows"]
    assert len(rows) == 2 * 3
    assert all(row["holds"] in (0, 0.25, 0.5, 0.75, 1) for row in rows)


def test_imported_runs_are_lists_of_a_search(capsys, collections, tmp_path):
    found = bench(capsys, "--collection", "trec-dl-2019", "--depths", "10,20", "--keep", str(tmp_path / "w.db"))
    (row,) = found["rows"]
    folder = collections / "trec-dl-2019"
    qrels: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        qid, docid, grade = line.split("\t")
        qrels.setdefault(qid, {})[docid] = int(grade)
    # BM25 as the run ranks it, measured by trec_eval's own library
    run = {qid: {docid: -rank for rank, docid in enumerate(own)} for qid, own in load(folder)[0]["first-bm25"].items()}
    values = RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)
    expected = np.mean([one["ndcg_cut_10"] for one in values.values()])
    assert row["before"] == pytest.approx(expected, abs=1e-9)
    assert row["held_out"] > row["before"]


def test_a_collection_that_is_not_there_is_named(capsys, tmp_path):
    assert main(["tune", "--json", "--collection", "nothing", "--keep", str(tmp_path / "w.db")]) == USAGE
    assert "there is no collection at" in capsys.readouterr().err
