"""What the report says beside its figures: limits, judges, configuration, and how to repeat it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.ranked_by_now import comma_separated
from rerank_core.experiment.summary import summarise
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.reports.configuration import command, qrels_hash
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.option_groups import settings_of
from rerank_core.shell.options import parser
from rerank_core.store import datasets, judgments, runs
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.systems import System, get_system
from tests.support.reports import BASE, OTHER, SETTINGS, changed_text, ranked_dataset, report_of
from tests.support.whole_sets import whole_set

ORDERS = {
    BASE: {"q1": "bac", "q2": "bac", "q3": "abc"},
    OTHER: {"q1": "abc", "q2": "abc", "q3": "cab"},
}
QRELS = {"q1": {"a": 3, "b": 0, "c": 0}, "q2": {"a": 3, "c": 0}, "q3": {"a": 2, "b": 0, "c": 0}}


def summary_of(measures="nDCG@10,RR@10", level=1):
    whole = whole_set(QRELS, {BASE: ORDERS[BASE], "B": ORDERS[OTHER]})
    return summarise(whole, [parse_measure(one) for one in measures.split(",")], BASE, 3, level)


def test_limits_tell_what_is_not_graded_who_graded_and_what_was_changed_since(workspace):
    dataset = ranked_dataset(workspace, ORDERS, QRELS)
    changed_text(workspace, dataset, "a")
    report = report_of(workspace, dataset, [BASE, OTHER])
    told = "\n".join(report.limits)
    # "b" of q2 is in both systems' first ten
    assert "2 places in the first 10 of the systems hold an ungraded passage" in told
    assert "3 of 8 grades belong to an older text" in told
    assert "All 8 grades are from one judge" in told
    assert "with 3 queries a true difference of about" in told
    assert report.labels.judges == (("ann", "import", 8),)


def test_a_report_of_all_graded_and_unchanged_passages_says_no_such_thing(workspace):
    full = QRELS | {"q2": {"a": 3, "b": 0, "c": 0}}
    told = "\n".join(report_of(workspace, ranked_dataset(workspace, ORDERS, full), [BASE, OTHER]).limits)
    assert "nobody graded" not in told
    assert "older text" not in told


def test_the_hash_of_grades_follows_a_grade_and_not_their_order():
    turned = {"q3": QRELS["q3"], "q1": dict(reversed(QRELS["q1"].items())), "q2": QRELS["q2"]}
    assert qrels_hash(QRELS) == qrels_hash(turned)
    assert qrels_hash(QRELS) != qrels_hash(QRELS | {"q2": {"a": 2, "c": 0}})


def test_a_run_stands_in_the_configuration_with_its_hashes_and_device(workspace, birds):
    settings = RetrievalSettings(("bm25",), depth=10)
    with workspace.open() as db:
        queries = datasets.get_queries(db, birds.id)
    Pipeline(workspace).run(Experiment(workspace, birds, settings, (get_system(workspace, BASE),)), queries)
    report = report_of(workspace, birds, [BASE])
    with workspace.open() as db:
        run = runs.latest_run(db, birds.id, BASE)
    facts = dict(report.configuration.systems["Your search as it is (no reranker)"])
    assert facts["Key of the run's inputs"] == run.key
    assert facts["Hash of its candidates"] == run.inputs.candidates
    assert "cpu" in facts["Device"]
    data = dict(report.configuration.data)
    assert data["Hash of the queries"] == run.inputs.queries
    assert data["Fingerprint of the passages"] == birds.fingerprint


@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS,
        RetrievalSettings(("dense", "bm25"), "minmax", (0.3, 0.7), depth=20, dense_model="-odd name"),
        RetrievalSettings(("bm25",), depth=10, k1=1.2, b=0.75, stemming=False),
        RetrievalSettings(depth=30, variant=QueryVariant("hyde", "m", "http://x/v1", prompt="Answer 'it'.")),
        RetrievalSettings(depth=30, rrf_k=10, filters=(("kind of 'it'", ("a b", 3)),)),
    ],
)
def test_the_command_says_exactly_what_was_compared(workspace, birds, settings):
    systems = ["first-stage", "mine, with a comma", 'a "quoted" one']
    only = ("tag: it's", "length: 2–4 words")
    odd = replace(birds, name="--my data")
    known = tuple(System(one, get("minilm-cosine")) for one in systems)
    experiment = Experiment(workspace, odd, settings, known, level=2)
    whole, summary = whole_set(QRELS, ORDERS), summary_of("R(rel=2)@10,AP", level=2)
    line = command(Figures(experiment, whole, whole, summary, {}, {}, only, own_left_out=True), 1.25)
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "rerank_core"]
    options = parser().parse_args(words[3:])
    assert settings_of(options, workspace) == settings
    assert (options.dataset, options.systems, options.baseline) == ("--my data", systems, BASE)
    assert [str(one) for one in options.measures] == ["R(rel=2)@10", "AP(rel=2)"]
    assert options.ignore_identical_ids
    assert (options.level, options.price, tuple(options.only), options.run) == (2, 1.25, only, True)


def test_names_with_commas_survive_a_list_of_names():
    assert comma_separated(["a", "b,c"]) == 'a,"b,c"'


def test_the_best_system_comes_first_and_one_that_failed_last(workspace):
    orders = ORDERS | {"minilm-maxsim": dict.fromkeys(ORDERS[BASE])}
    report = report_of(workspace, ranked_dataset(workspace, orders, QRELS), [BASE, "minilm-maxsim", OTHER])
    assert [system for system, _ in report.verdicts] == [OTHER, "minilm-maxsim"]
    assert report.verdicts[1][1].endswith("is not compared: it <b>broke</b>")


def test_two_people_who_graded_the_same_passages_are_compared(workspace):
    dataset = ranked_dataset(workspace, ORDERS, {})
    grades = {("q1", "a"): (3, 3), ("q1", "b"): (0, 1), ("q2", "a"): (3, 3), ("q2", "c"): (0, 0)}
    with workspace.write() as db:
        for place, judge in enumerate(("ann", "bob")):
            events = [
                GradeEvent(judge, seq, "grade", qid, docid, given[place])
                for seq, ((qid, docid), given) in enumerate(grades.items(), 1)
            ]
            judgments.record(db, dataset.id, judge, events, dataset.scale)
    report = report_of(workspace, dataset, [BASE, OTHER])
    assert any("3 of them (75 %) got the same grade" in one for one in report.limits)
    assert not any("from one judge" in one for one in report.limits)
