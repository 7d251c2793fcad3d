"""Evaluate under Streamlit's own driver: what is said with no grades, with data, and with a system that failed."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from math import log2
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.store import judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query
from tests.pages.conftest import ROOT, VIEW, RankedBirds, texts
from tests.support.reports import BASE, OTHER, ranked_dataset

TWO = {"sys": ["Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"]}


def evaluate(**query: Any) -> AppTest:
    # by way of the first page, so that links to other pages are known
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/2_Evaluate.py")
    for key, value in {**VIEW, **query}.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return texts(app.markdown) + texts(app.caption) + texts(app.warning) + texts(app.info) + texts(app.error)


@pytest.fixture
def graded(workspace: Workspace, ranked: RankedBirds) -> RankedBirds:
    """The first passage found is the answer, and the last one is not."""
    with workspace.write() as db:
        events = [
            GradeEvent("c", seq, "grade", "q1", docid, grade)
            for seq, (docid, grade) in enumerate([(ranked.found[0], 3), (ranked.found[-1], 0)], 1)
        ]
        judgments.record(db, ranked.dataset.id, "ann", events, ranked.dataset.scale)
    return ranked


def test_nothing_ranked_says_so(birds: DatasetRow) -> None:
    app = evaluate()
    assert "Nothing is ranked yet" in said(app)


def test_no_grades_leads_to_grading(ranked: RankedBirds) -> None:
    app = evaluate()
    assert "No grades yet" in said(app)
    assert [link.proto.page for link in app.main.get("page_link")] == ["Label", "Compare", "Data"]


def test_the_verdict_comes_first_and_the_table_holds_the_figures(graded: RankedBirds) -> None:
    app = evaluate(**TWO)
    first = app.main.markdown[0].value
    assert first.startswith("####")
    assert "MiniLM bi-encoder" in first
    assert first.endswith("; 33 % of the top 10 is ungraded.")
    assert "on one query" not in first
    assert "1 query, 0 won, 1 lost, 0 tied" in app.main.caption[0].value
    frame = app.dataframe[0].value
    assert frame["nDCG@10"][0] == 1.0
    assert frame["nDCG@10"][1] < 1.0
    assert frame["Δ"][1] == pytest.approx(frame["nDCG@10"][1] - 1.0)
    assert frame["Won / tied / lost"][1] == "0 / 0 / 1"


def test_a_system_that_failed_is_named_with_its_reason_and_is_in_no_mean(graded: RankedBirds) -> None:
    app = evaluate()
    assert "the weights are cut off" in said(app)
    frame = app.dataframe[0].value.set_index("System")
    broken = frame.loc["MiniLM late interaction (MaxSim)"]
    assert broken.isna()["nDCG@10"]
    assert broken["Failed"] == 1
    assert frame.loc["Your search as it is (no reranker)", "Queries"] == 1


def test_each_section_opens(graded: RankedBirds) -> None:
    for section, expected in {
        "Grade what decides": "two graded queries or more",
        "Queries": "Biggest losses",
        "Heat map": "Hover for the query",
        "Passages": "passages that are in the first 10 of any system",
        "Scores": "of pairs by Your search as it is (no reranker)",
        "Loss": "Lost by retrieval",
        "Slices": "hurts come first",
        "Why this number": "÷ ideal DCG@10",
        "Depth": "The curve needs the graded queries (1) ranked at 10, 20, 30, 50, 100, 200",
        "Efficiency": "Worth considering",
    }.items():
        assert expected in said(evaluate(part=section, **TWO)), section


@pytest.mark.parametrize(
    ("before", "shown"), [("Whose fault", "Lost by retrieval"), ("Speed and cost", "Worth considering")]
)
def test_a_link_from_before_a_section_was_renamed_opens_it(graded: RankedBirds, before: str, shown: str) -> None:
    assert shown in said(evaluate(part=before, **TWO))


def test_a_biggest_loss_links_to_compare_at_that_query_with_the_same_settings(graded: RankedBirds) -> None:
    (link,) = links(evaluate(part="Queries", **TWO))
    address, query = link.split("?")
    assert address == "Compare"
    assert parse_qs(query) == {
        "ds": ["birds"],
        "q": ["q1"],
        "sys": ["first-stage", "minilm-cosine"],
        "depth": ["20"],
        "ret": ["bm25"],
    }


def test_a_judge_who_gave_a_name_keeps_it_behind_a_link(graded: RankedBirds) -> None:
    app = evaluate(part="Queries", **TWO)
    app.text_input(key="judge").set_value("ann").run()
    assert parse_qs(links(app)[0].split("?")[1])["judge"] == ["ann"]
    assert "judge" not in links(evaluate(part="Queries", **TWO))[0]


def test_a_card_says_what_moved(graded: RankedBirds) -> None:
    # three passages the other way round
    assert "a grade-3 passage from 1 to 3 (Otters)" in said(evaluate(part="Queries", **TWO))


def test_queries_can_be_ordered_by_how_far_the_orders_are_apart(graded: RankedBirds) -> None:
    for by, expected in {"RBO": "rank-biased overlap", "τ-AP": "AP correlation", "Jaccard@10": "in any order"}.items():
        app = evaluate(part="Queries", by_difference=by, **TWO)
        assert expected in said(app), by
        assert "The orders differ most here" in said(app)
    table = next(frame.value for frame in app.dataframe if "RBO" in frame.value.columns)
    # three passages the other way round
    assert table["τ-AP"].tolist() == [-1.0]
    assert table["Jaccard@10"].tolist() == [1.0]


def test_the_whole_page_follows_the_chosen_slices(workspace: Workspace, graded: RankedBirds) -> None:
    app = evaluate(only=["tag: short"], **TWO)
    assert "These figures are over **1 of 2 queries**: tag: short" in said(app)
    assert "None of the chosen queries has a grade yet" in said(app)
    app = evaluate(only=["tag: no tag"], **TWO)
    assert "These figures are over **1 of 2 queries**: tag: no tag" in said(app)
    assert app.dataframe[0].value["Queries"].tolist() == [1, 1]
    assert "These figures are over" not in said(evaluate(**TWO))


def test_the_heat_map_has_each_query_under_each_system(graded: RankedBirds) -> None:
    table = evaluate(part="Heat map", **TWO).dataframe[-1].value
    assert table["Query"].tolist() == ["who eats fish"]
    assert table["MiniLM bi-encoder (cosine)"][0] < 0
    assert table["Open"][0].startswith("Compare?")
    table = evaluate(part="Heat map", heat="Value", **TWO).dataframe[-1].value
    assert table["Your search as it is (no reranker)"].tolist() == [1.0]


def test_the_heat_map_of_one_system_alone_says_what_is_missing(graded: RankedBirds) -> None:
    assert "change needs two" in said(evaluate(part="Heat map", sys=["Your search as it is (no reranker)"]))


def test_passages_stand_under_every_system_and_who_failed_is_named(graded: RankedBirds) -> None:
    app = evaluate(part="Passages")
    table = app.dataframe[-1].value
    assert table["Your search as it is (no reranker)"].tolist() == [1, 2, 3]
    assert table["MiniLM bi-encoder (cosine)"].tolist() == [3, 2, 1]
    assert table["Grade"].isna().tolist() == [False, True, False]
    assert "Without an answer: MiniLM late interaction (MaxSim)" in said(app)


def test_scores_say_how_often_they_are_right(graded: RankedBirds) -> None:
    app = evaluate(part="Scores", scored="MiniLM bi-encoder (cosine)", **TWO)
    assert "in **0%** of pairs" in said(app)
    assert "no threshold is drawn" in said(app)


def links(app: AppTest) -> list[str]:
    """The addresses of the links to Compare, in the order of the page."""
    assert not app.exception, app.exception[0].message
    found = [re.search(r'href="(Compare[^"]*)"', one.proto.body) for one in app.get("html")]
    return [unescape(match.group(1)) for match in found if match]


def test_a_measure_may_be_an_alias_and_what_is_none_is_said(graded: RankedBirds) -> None:
    app = evaluate(m=["mrr@10", "quality"], **TWO)
    assert "'quality' is not a measure" in said(app)
    assert "RR@10" in app.dataframe[0].value.columns


def test_a_grade_that_comes_later_moves_the_figures(workspace: Workspace, graded: RankedBirds) -> None:
    app = evaluate(**TWO)
    before = app.dataframe[0].value["nDCG@10"][1]
    with workspace.write() as db:
        event = GradeEvent("c", 9, "grade", "q1", graded.found[-1], 3)
        judgments.record(db, graded.dataset.id, "ann", [event], graded.dataset.scale)
    after = app.run().dataframe[0].value["nDCG@10"][1]
    assert after > before


def test_a_ranking_of_other_passages_is_marked(workspace: Workspace, graded: RankedBirds) -> None:
    with workspace.write() as db:
        db.execute("UPDATE candidates SET docs = '[[\"d1\", 1.0, {}, 0, {}]]'")
    assert "not among the candidates" in said(evaluate(**TWO))


def test_a_price_gives_local_models_a_cost(graded: RankedBirds) -> None:
    app = evaluate(usd="3.6", **TWO)
    # scored in 0.5 s: 1000 x 0.5 s x $3.6 an hour
    assert app.dataframe[0].value["$ / 1,000"][1] == pytest.approx(0.5)


def test_the_page_loads_no_torch() -> None:
    code = "import sys, pages.ui.evaluate.verdict, pages.ui.evaluate.sections; " \
        "print(*{'torch', 'transformers', 'scipy', 'altair', 'pandas'} & set(sys.modules))"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert "torch" not in done.stdout
    assert "scipy" not in done.stdout
    assert "transformers" not in done.stdout


def test_a_querys_own_passage_is_left_out_where_asked(workspace: Workspace) -> None:
    orders = {BASE: {qid: f"{qid}e" for qid in "abcd"}, OTHER: {qid: f"e{qid}" for qid in "abcd"}}
    queries = [Query(qid, f"text of {qid}") for qid in "abcd"]
    ranked_dataset(workspace, orders, {qid: {"e": 1} for qid in "abcd"}, queries=queries)
    app = evaluate(**TWO, ds="letters", depth="10")
    assert app.dataframe[0].value["nDCG@10"].tolist() == [pytest.approx(1 / log2(3)), 1.0]
    (box,) = app.checkbox
    assert box.label == "Leave out the passage with the query's own id (4 queries)"
    box.check().run()
    assert app.dataframe[0].value["nDCG@10"].tolist() == [1.0, 1.0]
    app = evaluate(**TWO, ds="letters", depth="10", noself="true", part="Report")
    assert app.checkbox[0].value, "a view is a link"
    assert any("--ignore-identical-ids" in block.value for block in app.code)


def test_nothing_is_asked_where_no_query_is_a_passage(graded: RankedBirds) -> None:
    assert not evaluate(**TWO).checkbox


def _scored(workspace: Workspace) -> None:
    """Thirty queries by two systems: the first stage has the relevant passage second, the other one first."""
    qids = [f"q{number:02d}" for number in range(30)]
    orders = {BASE: dict.fromkeys(qids, "bacde"), OTHER: dict.fromkeys(qids, "abcde")}
    ranked_dataset(workspace, orders, {qid: {"a": 1, "b": 0} for qid in qids})


def test_a_switch_says_what_changes_and_opens_what_flips(workspace: Workspace) -> None:
    _scored(workspace)
    app = evaluate(ds="letters", depth="10", part="Switch", sby="A precision", sk="1", **TWO)
    assert "Safe to switch: MiniLM bi-encoder (cosine) is better than Your search as it is (no reranker)" in said(app)
    # the first stage shows no relevant passage first, so it has no precision to be carried over
    assert "has too few graded passages in its first 1 for a precision of 50 %" in said(app)
    app.selectbox(key="sfrom").set_value(OTHER).run()
    assert "Not safe to switch: Your search as it is (no reranker) is worse than MiniLM" in said(app)


def test_when_to_rerank_says_that_no_signal_tells_where_all_queries_are_alike(workspace: Workspace) -> None:
    _scored(workspace)
    app = evaluate(ds="letters", depth="10", part="When to rerank", **TWO)
    assert "Rerank every query: MiniLM bi-encoder (cosine) changes nDCG@10 by +0.369" in said(app)
    assert "Keep" not in [button.label for button in app.button]
