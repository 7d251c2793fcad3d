"""`tests.bench measures`: equal data for all, ratios paired within a round, absent peers named. No time is asserted."""

from __future__ import annotations

import json

import pytest

from rerank_core.evaluation.measures import evaluate, mean
from rerank_core.evaluation.names import parse_measure
from rerank_core.shell.answer import DONE, USAGE
from tests.bench.__main__ import main
from tests.bench.measures import peers as measures_peers
from tests.bench.measures import timing as measures_bench
from tests.bench.measures.world import make_world, scored

SMALL = ["--queries", "6", "--documents", "20", "--systems", "3", "--rounds", "2"]


def run(capsys, *words):
    assert main(["measures", "--json", *SMALL, *words]) == DONE
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def without_ranx(monkeypatch):
    def missing(name):
        return "ranx" if name == "ranx" else ""

    monkeypatch.setattr(measures_bench, "missing", missing)
    monkeypatch.setattr(measures_peers, "missing", missing)


def test_the_world_has_the_asked_sizes_and_is_the_same_for_a_seed():
    world = make_world(4, 20, 3, seed=5)
    assert list(world.systems) == ["s0", "s1", "s2"]
    for own in world.systems.values():
        assert list(own) == list(world.qrels)
        assert all(len(set(docs)) == 20 for docs in own.values())
    assert {len(grades) for grades in world.qrels.values()} == {12}  # 0.6 x 20
    assert world == make_world(4, 20, 3, seed=5)
    assert world != make_world(4, 20, 3, seed=6)


def test_scores_fall_by_one_so_that_nothing_is_tied():
    assert scored(["a", "b", "c"]) == {"a": 3, "b": 2, "c": 1}


@pytest.mark.parametrize("peer", ["pytrec_eval", "ir_measures"])
def test_a_peer_computes_the_means_that_we_do(peer):
    world = make_world(5, 30, 2, seed=2)
    theirs = measures_peers.open_peer(peer, world.qrels, world.runs())()
    for system, own in world.systems.items():
        for measure, values in evaluate(own, world.qrels, measures_peers.SHARED).items():
            assert theirs[system][measure] == pytest.approx(mean(values).value, abs=1e-9)


def test_ours_stand_beside_each_peer_as_quartiles_of_ratios_and_absent_peers_are_named(capsys, without_ranx):
    result = run(capsys, "--against", "pytrec_eval,ranx,ir_measures")
    systems = result["systems"]
    assert result["absent"] == {"ranx": "ranx"}
    assert {"evaluate", "live update", "pytrec_eval", "ir_measures"} <= set(systems)
    assert "ranx" not in systems
    for name in ("evaluate", "live update"):
        assert list(systems[name]["ratio"]) == ["pytrec_eval", "ir_measures"]
        for low, middle, high in systems[name]["ratio"].values():
            assert 0 < low <= middle <= high
    assert set(systems["live update"]["ratio_to_all"]) == {"pytrec_eval", "ir_measures"}
    for peer in ("pytrec_eval", "ir_measures"):
        assert systems[peer]["max_drift"] <= 1e-9
        assert systems[peer]["drift_of"] in result["shared"]
        assert systems[peer]["peak_mb"] >= 1
    assert result["machine"]["load_before"] >= 0


def test_a_drift_is_the_largest_difference_of_a_mean_with_its_measure():
    ndcg, precision = parse_measure("nDCG@10"), parse_measure("P@5")
    ours = {"a": {ndcg: 0.5, precision: 0.2}, "b": {ndcg: 0.7, precision: 0.4}}
    theirs = {"a": {ndcg: 0.5, precision: 0.2}, "b": {ndcg: 0.6, precision: 0.1}}
    drift = measures_bench._drift(ours, theirs)
    assert drift == {"max_drift": pytest.approx(0.4 - 0.1), "drift_of": "P@5"}


def test_without_a_peer_the_times_are_still_told(capsys):
    assert run(capsys, "--against", "")["systems"]["evaluate"]["ratio"] == {}


def test_one_system_has_no_differences_to_time(capsys):
    assert main(["measures", *SMALL, "--systems", "1", "--against", "pytrec_eval"]) == DONE
    told = capsys.readouterr().out
    assert "differences" not in told
    assert "live update" in told
    assert "to pytrec_eval" in told


def test_absent_peers_are_named_to_a_person_too(capsys, without_ranx):
    assert main(["measures", *SMALL, "--against", "ranx"]) == DONE
    assert "not installed: ranx needs ranx" in capsys.readouterr().out


def test_the_growth_has_a_row_for_each_number_of_queries(capsys, monkeypatch, without_ranx):
    monkeypatch.setattr(measures_bench, "GROWTH", (1, 3))
    result = run(capsys, "--growth", "--against", "pytrec_eval,ranx")
    assert [row["queries"] for row in result["growth"]] == [1, 3]
    assert result["absent"] == {"ranx": "ranx"}
    for row in result["growth"]:
        assert row["ms_a_query"] == pytest.approx(row["evaluate ms"] / row["queries"])
        assert row["live update ms"] > 0
        assert row["pytrec_eval ms"] > 0
        assert "ranx ms" not in row


def test_the_growth_goes_to_a_thousand_queries():
    assert (measures_bench.GROWTH[0], measures_bench.GROWTH[-1]) == (1, 1000)


@pytest.mark.parametrize("words", [["--against", "pytrec_eval,teleport"], ["--queries", "0"], ["--rounds", "-1"]])
def test_a_bad_option_is_wrong_usage(capsys, words):
    assert main(["measures", *words]) == USAGE
    assert ("teleport" in words[1]) == ("teleport" in capsys.readouterr().err)
