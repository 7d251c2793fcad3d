"""Verdicts and the gate from a shell: every side of the rule, every exit code."""

from __future__ import annotations

import json
from math import log2

import pytest

from rerank_core.__main__ import main
from tests.support.reports import BASE, OTHER, THIRD, ranked_dataset

VIEW = ("--dataset", "letters", "--retrievers", "bm25", "--depth", "10")
GATE = ("gate", *VIEW, "--baseline", BASE, "--system", OTHER)
SECOND, THIRD_PLACE = 1 / log2(3), 1 / log2(4)
QIDS = [f"q{number}" for number in range(20)]
QRELS = {qid: {"a": 3, "b": 0, "c": 0} for qid in QIDS}


@pytest.fixture
def call(workspace, capsys):
    def run(*words):
        code = main(["--workspace", str(workspace.path), *map(str, words)])
        return code, capsys.readouterr()

    return run


def orders(worse=0, better=0, **more):
    """The baseline has "a" second on all 20 queries; the other has it third on `worse`, first on `better` of them."""
    own = dict.fromkeys(QIDS, "bac")
    own |= dict.fromkeys(QIDS[:worse], "bca")
    own |= dict.fromkeys(QIDS[20 - better :] if better else [], "abc")
    return {BASE: dict.fromkeys(QIDS, "bac"), OTHER: own, **more}


def test_a_drop_beyond_doubt_fails_the_gate(workspace, call):
    ranked_dataset(workspace, orders(worse=18), QRELS)
    code, out = call(*GATE, "--json")
    found = json.loads(out.out)
    assert (code, found["passed"], found["queries"]) == (1, False, 20)
    assert found["delta"] == pytest.approx(18 / 20 * (THIRD_PLACE - SECOND))
    assert found["high"] < -0.01
    # the same drop where so much is allowed
    assert call(*GATE, "--max-drop", "0.5")[0] == 0
    assert call(*GATE, "--max-drop", "0.5", "--strict")[0] == 0
    assert "FAILED: MiniLM bi-encoder (cosine) against Your search as it is (no reranker)" in call(*GATE)[1].out


def test_a_doubtful_drop_passes_unless_strict(workspace, call):
    ranked_dataset(workspace, orders(worse=3), QRELS)
    code, out = call(*GATE, "--json")
    found = json.loads(out.out)
    # the interval has the bound within it
    assert found["low"] < -0.01 < found["high"]
    assert (code, call(*GATE, "--strict")[0]) == (0, 1)


def test_a_gain_passes_both_ways(workspace, call):
    ranked_dataset(workspace, orders(better=15), QRELS)
    assert call(*GATE, "--max-drop", "0")[0] == 0
    assert call(*GATE, "--max-drop", "0", "--strict")[0] == 0
    assert "PASSED" in call(*GATE)[1].out


def test_without_a_graded_query_in_common_the_gate_has_no_answer(workspace, call):
    ranked_dataset(workspace, {BASE: {"q1": "bac"}, OTHER: {}}, QRELS)
    code, out = call(*GATE, "--json")
    assert code == 3
    assert json.loads(out.out)["passed"] is None


def test_without_grades_the_gate_has_no_answer(workspace, call):
    ranked_dataset(workspace, orders(), {})
    assert call(*GATE)[0] == 3
    assert call("compare", *VIEW, "--systems", f"{BASE},{OTHER}")[0] == 3


def test_one_graded_query_has_no_interval_and_so_no_answer(workspace, call):
    ranked_dataset(workspace, orders(worse=20), {"q1": {"a": 3}})
    code, out = call(*GATE)
    assert code == 3
    assert "one query alone" in out.out


def test_a_system_that_failed_on_some_queries_is_not_judged_on_the_rest_unless_asked(workspace, call):
    own = dict.fromkeys(QIDS, "abc") | {"q3": None}
    ranked_dataset(workspace, orders() | {OTHER: own}, QRELS)
    code, out = call(*GATE)
    assert code == 3
    assert "failed on 1 query: it <b>broke</b>" in out.out
    code, out = call(*GATE, "--partial", "--json")
    assert (code, json.loads(out.out)["queries"], json.loads(out.out)["left_out"]) == (0, 19, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--max-drop", "-0.1"),
        ("--max-drop", "nan"),
        ("--max-drop", "little"),
        ("--measure", "nDCG@10,RR@10"),
        ("--measure", "quality"),
    ],
)
def test_wrong_usage_of_the_gate_exits_with_2(workspace, call, words):
    ranked_dataset(workspace, orders(), QRELS)
    with pytest.raises(SystemExit) as stopped:
        call(*GATE, *words)
    assert stopped.value.code == 2


def test_a_gate_between_a_system_and_itself_or_one_that_is_not_there_is_wrong_usage(workspace, call):
    ranked_dataset(workspace, orders(), QRELS)
    assert call("gate", *VIEW, "--baseline", BASE, "--system", BASE)[0] == 2
    assert call("gate", *VIEW, "--baseline", BASE, "--system", "nobody")[0] == 2
    assert call("gate", "--dataset", "nobody", "--baseline", BASE, "--system", OTHER)[0] == 2


def test_the_gate_takes_another_measure(workspace, call):
    # RR@1 does not see a move from 2 to 3
    ranked_dataset(workspace, orders(worse=18), QRELS)
    code, out = call(*GATE, "--measure", "mrr@1", "--json")
    assert (code, json.loads(out.out)["measure"], json.loads(out.out)["delta"]) == (0, "RR@1", 0.0)


def test_the_gate_can_look_at_one_slice_alone(workspace, call):
    from rerank_core.types import Query

    queries = [Query(qid, f"text of {qid}", "", ("hard" if n < 10 else "easy",)) for n, qid in enumerate(QIDS)]
    ranked_dataset(workspace, orders(worse=10), QRELS, queries=queries)
    code, out = call(*GATE, "--only", "tag: hard", "--json")
    assert (code, json.loads(out.out)["queries"]) == (1, 10)
    assert json.loads(out.out)["delta"] == pytest.approx(THIRD_PLACE - SECOND)
    assert call(*GATE, "--only", "tag: easy")[0] == 0
    code, out = call(*GATE, "--only", "tag: odd")
    assert code == 2
    assert "tag: hard" in out.err


def test_compare_says_a_sentence_a_system_and_the_figures(workspace, call):
    ranked_dataset(workspace, orders(better=18) | {THIRD: dict.fromkeys(QIDS, "bac")}, QRELS)
    words = ("compare", *VIEW, "--systems", f"{BASE},{OTHER},{THIRD}", "--measures", "nDCG@10,RR@10")
    code, out = call(*words, "--json")
    found = json.loads(out.out)
    assert (code, found["baseline"], found["queries"], found["left_out"]) == (0, BASE, 20, 0)
    assert [row["system"] for row in found["systems"]] == [BASE, OTHER, THIRD]
    better = found["systems"][1]
    assert better["nDCG@10"] == pytest.approx((18 + 2 * SECOND) / 20)
    assert better["delta"] == pytest.approx(18 / 20 * (1 - SECOND))
    assert (better["won"], better["tied"], better["lost"], better["sure"]) == (18, 2, 0, True)
    text = call(*words)[1].out
    assert text.index("is better than Your search as it is (no reranker)") < text.index("nDCG@10  RR@10")
    assert "No difference seen" in text


def test_a_baseline_may_be_chosen(workspace, call):
    ranked_dataset(workspace, orders(better=18), QRELS)
    out = call("compare", *VIEW, "--systems", f"{BASE},{OTHER}", "--baseline", OTHER, "--json")[1].out
    assert json.loads(out)["systems"][0]["delta"] == pytest.approx(-18 / 20 * (1 - SECOND))


def test_a_switch_says_what_changes_and_strict_wants_it_safe(workspace, call, tmp_path):
    ranked_dataset(workspace, orders(worse=18), QRELS)
    switch = ("switch", *VIEW, "--from", BASE, "--to", OTHER)
    code, out = call(*switch, "--json")
    found = json.loads(out.out)
    assert (code, found["safety"], found["queries"]) == (0, "not safe", 20)
    assert found["delta"] == pytest.approx(18 / 20 * (THIRD_PLACE - SECOND))
    assert call(*switch, "--strict")[0] == 1
    back = ("switch", *VIEW, "--from", OTHER, "--to", BASE, "--strict")
    assert call(*back)[0] == 0
    code, out = call(*switch, "--precision", "0.9", "--out", tmp_path / "changed.csv")
    assert code == 0
    assert "has too few graded passages in its first 5 for a precision of 90 %" in out.out
    assert (tmp_path / "changed.csv").read_text().startswith("qid,query,before,after")


def test_when_to_rerank_has_a_row_per_share_and_keeps_no_router_where_nothing_tells(workspace, call):
    ranked_dataset(workspace, orders(better=20), QRELS)
    when = ("when", *VIEW, "--system", OTHER)
    code, out = call(*when, "--json")
    found = json.loads(out.out)
    assert (code, found["condition"], found["queries"]) == (0, None, 20)
    assert found["always"] - found["never"] == pytest.approx(1 - SECOND)
    assert (found["curve"][0]["share"], found["curve"][-1]["share"]) == (0, 1)
    code, out = call(*when, "--save-as", "router")
    assert code == 2
    assert "there is nothing to route" in out.err
    assert call("when", *VIEW, "--system", BASE)[0] == 2
