"""A judge's queue: what leaves it, what stays, what comes back, and that it goes on anywhere."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.judging.judge_queue import Labelling, LabelPlan
from rerank_core.judging.plan import load_plan, proposed_plan, save_plan
from rerank_core.judging.pool import in_overlap
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import judgments, rankings, scales
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.rankings import candidates_key
from rerank_core.systems.systems import get_system
from rerank_core.types import Judgment, Ranking, ScoredDoc
from tests.conftest import BIRD_QUERIES

SETTINGS = RetrievalSettings(retrievers=("bm25",))
ORDERS = {"first-stage": ["d1", "d2", "d3", "007"], "minilm-cosine": ["007", "d3", "d1", "d2"]}
PLAN = LabelPlan(tuple(ORDERS), SETTINGS.to_json(), depth=2, overlap=0.0)


@pytest.fixture
def ranked(workspace, birds):
    """Both queries, as two systems order the four passages."""
    with workspace.write() as db:
        for query in BIRD_QUERIES:
            key = candidates_key(birds.fingerprint, SETTINGS.key(), query.text)
            candidates = tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(ORDERS["first-stage"], 1))
            rankings.put_candidates(db, key, birds.id, SETTINGS.to_json(), Ranking(query.qid, "", candidates))
            for system, docids in ORDERS.items():
                docs = tuple(ScoredDoc(docid, -float(rank), rank) for rank, docid in enumerate(docids, 1))
                own = get_system(workspace, system).key
                rankings.put_ranking(db, key, own, Ranking(query.qid, own, docs))
    return birds


@pytest.fixture
def judge(workspace, ranked):
    """A judge at work: his queue and his hand."""
    counter = itertools.count(1)

    class Judge:
        def __init__(self, name, plan=PLAN):
            self.name = name
            self.labelling = Labelling(workspace, ranked, name, plan)

        def say(self, kind, pair=("", ""), grade=None, note="", rule="", source="human"):
            event = GradeEvent(self.name, next(counter), kind, pair[0], pair[1], grade, note, rule)
            with workspace.write() as db:
                judgments.record(db, ranked.id, self.name, [event], ranked.scale, source)

        @property
        def queue(self):
            return [(item.qid, item.docid) for item in self.labelling.upcoming()]

    return Judge


def test_the_queue_is_the_pool_and_does_not_follow_the_ranks(judge):
    ann, bob = judge("ann"), judge("bob")
    # the first two of each system: d1, d2 and 007, d3
    assert sorted(ann.queue) == sorted((qid, docid) for qid in ("q1", "q2") for docid in ORDERS["first-stage"])
    assert ann.queue != bob.queue
    assert [qid for qid, _ in itertools.groupby(pair[0] for pair in ann.queue)] in (["q1", "q2"], ["q2", "q1"])


def test_the_rank_is_the_best_of_any_system_and_nothing_else_is_told(judge):
    ranks = {item.docid: item.places for item in judge("ann").labelling.upcoming()}
    assert ranks == {"d1": {"rank": 1}, "d2": {"rank": 2}, "007": {"rank": 1}, "d3": {"rank": 2}}


def test_what_was_graded_leaves_the_queue_and_an_undo_brings_it_back_to_the_front(judge):
    ann = judge("ann")
    before = ann.queue
    ann.say("grade", before[0], 2)
    assert ann.queue == before[1:]
    ann.say("undo")
    assert ann.queue == before


def test_what_was_skipped_comes_at_the_end_in_the_order_of_skipping(judge):
    ann = judge("ann")
    first, second, *rest = ann.queue
    ann.say("skip", second)
    ann.say("skip", first)
    assert ann.queue == [*rest, second, first]
    ann.say("grade", first, 0)
    assert ann.queue == [*rest, second]
    ann.say("undo")
    ann.say("undo")
    assert ann.queue == [first, *rest, second]


def test_another_judge_is_not_asked_again_and_never_sees_the_grade(judge):
    ann, bob = judge("ann"), judge("bob")
    pair = ann.queue[0]
    ann.say("grade", pair, 3, note="I know it")
    assert pair not in bob.queue
    assert all((item.grade, item.note) == (None, "") for item in bob.labelling.upcoming())
    assert bob.labelling.history() == []


def test_every_judge_grades_the_overlap_and_nobody_sees_the_others_grade_there(judge, ranked):
    plan = replace(PLAN, overlap=1.0)
    ann, bob = judge("ann", plan), judge("bob", plan)
    pair = ann.queue[0]
    ann.say("grade", pair, 3)
    item = next(one for one in bob.labelling.upcoming() if (one.qid, one.docid) == pair)
    assert (item.grade, item.rule) == (None, "overlap")
    bob.say("grade", pair, 0)
    assert pair not in ann.queue + bob.queue


def test_items_say_by_which_rule_they_came(judge, ranked):
    plan = replace(PLAN, overlap=0.5)
    expected = {True: "overlap", False: "pool"}
    for item in judge("ann", plan).labelling.upcoming():
        assert item.rule == expected[in_overlap("birds", item.qid, item.docid, 0.5)]


def test_a_file_counts_as_graded_a_language_model_does_not_and_what_is_settled_is_done(workspace, judge, ranked):
    ann = judge("ann", replace(PLAN, overlap=1.0))
    lone = judge("bob")
    with workspace.write() as db:
        for docid, source in (("d1", "import"), ("d2", "llm")):
            judgments.import_judgments(db, ranked.id, [Judgment("q1", docid, 1, "file", source, "", "", "")])
    ann.say("grade", ("q1", "d3"), 2, source="adjudication")
    assert ("q1", "d1") not in lone.queue
    assert ("q1", "d2") in lone.queue
    assert ("q1", "d1") in ann.queue
    assert ("q1", "d3") not in ann.queue


def test_the_history_is_newest_first_and_each_pair_once(judge):
    ann = judge("ann")
    one, two, three = ann.queue[:3]
    ann.say("grade", one, 1, rule="pool")
    ann.say("grade", two, 0, note="too vague", rule="pool")
    ann.say("skip", three, rule="pool")
    ann.say("grade", one, 3)
    items = ann.labelling.history()
    assert [(item.qid, item.docid) for item in items] == [one, three, two]
    assert [(item.grade, item.note, item.rule) for item in items] == [
        (3, "", ""),
        (None, "", "pool"),
        (0, "too vague", "pool"),
    ]
    assert len(ann.labelling.history(2)) == 2


def test_a_judge_takes_up_where_he_stopped_from_the_workspace_alone(judge):
    ann = judge("ann")
    pair = ann.queue[0]
    ann.say("grade", pair, 1)
    ann.say("skip", ann.queue[0])
    elsewhere = judge("ann")
    assert elsewhere.queue == ann.queue
    assert elsewhere.labelling.progress() == ann.labelling.progress()
    assert elsewhere.labelling.history() == ann.labelling.history()


def test_progress_counts_what_is_done_left_and_skipped(judge):
    ann = judge("ann")
    found = ann.labelling.progress()
    assert (found.done, found.left, found.skipped, found.seconds_a_grade, found.seconds_left) == (0, 8, 0, None, None)
    for pair in ann.queue[:2]:
        ann.say("grade", pair, 1)
    ann.say("skip", ann.queue[0])
    found = ann.labelling.progress()
    assert (found.done, found.left, found.skipped) == (2, 6, 1)


def test_the_pace_is_the_median_gap_and_pauses_do_not_count(workspace, judge, ranked):
    at = ["09:00:00", "09:00:04", "09:00:10", "09:10:10", "09:10:12"]  # gaps of 4, 6, 600 and 2 seconds
    pairs = judge("ann").queue
    with workspace.write() as db:
        graded = [
            Judgment(qid, docid, 1, "ann", "human", "", f"2025-01-01T{time}.000+00:00", "")
            for (qid, docid), time in zip(pairs, at, strict=False)
        ]
        judgments.import_judgments(db, ranked.id, graded)
    found = judge("ann").labelling.progress()
    assert found.seconds_a_grade == 4
    assert found.seconds_left == 4 * 3


def test_nothing_ranked_is_an_empty_queue(workspace, birds):
    labelling = Labelling(workspace, birds, "ann", PLAN)
    assert labelling.upcoming() == []
    assert labelling.progress().left == 0


def test_a_system_that_is_gone_is_said(workspace, birds):
    with pytest.raises(NotFoundError):
        Labelling(workspace, birds, "ann", replace(PLAN, systems=("nobody",)))


def test_a_plan_is_kept_and_read_back(workspace, birds):
    assert load_plan(workspace, birds) is None
    for plan in (PLAN, replace(PLAN, order="matters", compared=("minilm-cosine", "first-stage"), overlap=0.3)):
        save_plan(workspace, birds, plan)
        assert load_plan(workspace, birds) == plan


def test_a_plan_is_proposed_over_what_is_ranked(workspace, birds):
    assert proposed_plan(workspace, birds) is None


def test_the_proposed_plan_names_the_systems_that_ranked(workspace, ranked):
    plan = proposed_plan(workspace, ranked)
    assert sorted(plan.systems) == sorted(ORDERS)
    assert RetrievalSettings.from_json(plan.settings_json) == SETTINGS


@pytest.mark.parametrize(
    "broken",
    [
        {"systems": ()},
        {"depth": 0},
        {"overlap": 1.5},
        {"random_share": -0.1},
        {"order": "by taste"},
        {"order": "matters"},
        {"order": "matters", "compared": ("first-stage", "another")},
    ],
)
def test_a_plan_that_cannot_work_is_refused(broken):
    with pytest.raises(SettingsError):
        replace(PLAN, **broken)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"systems": 3, "settings_json": "{}"}', '{"systems": ["a"]}'])
def test_a_plan_that_cannot_be_read_is_refused(text):
    with pytest.raises(SettingsError):
        LabelPlan.from_json(text)


MATTERS = replace(PLAN, depth=4, order="matters", compared=("first-stage", "minilm-cosine"), random_share=0.25)


def test_what_matters_most_comes_first_and_a_share_is_drawn_at_random(judge):
    items = judge("ann", MATTERS).labelling.upcoming()
    assert sorted((item.qid, item.docid) for item in items) == sorted(
        (qid, docid) for qid in ("q1", "q2") for docid in ORDERS["first-stage"]
    )
    assert [item.rule for item in items[:8]].count("random") == 2  # a quarter of eight
    # 007 is first for one system and last for the other, and nothing else is as far apart
    assert next(item.docid for item in items if item.rule == "matters") == "007"


def test_the_plain_order_has_no_verdict(judge):
    ann = judge("ann")
    assert ann.labelling.standing() is None
    assert ann.labelling.calibration() == []


def test_the_verdict_follows_grades_undos_and_other_judges(judge):
    ann, bob = judge("ann", MATTERS), judge("bob", MATTERS)
    before = ann.labelling.standing()
    bob.say("grade", ("q1", "007"), 3, rule="matters")
    bob.say("grade", ("q1", "d1"), 0, rule="matters")
    after = ann.labelling.standing()
    # 007 is the first of the second system and the last of the first one
    assert after.delta > before.delta
    assert after.grades == 2
    assert judge("eve", MATTERS).labelling.standing() == after
    bob.say("undo")
    bob.say("undo")
    assert ann.labelling.standing() == before


def test_what_was_graded_or_skipped_is_not_asked_again_by_what_matters(judge):
    ann = judge("ann", MATTERS)
    first, second, *rest = ann.queue
    ann.say("grade", first, 1, rule="matters")
    ann.say("skip", second, rule="matters")
    assert first not in ann.queue
    assert ann.queue[-1] == second
    assert sorted(ann.queue) == sorted([second, *rest])


def test_the_overlap_is_asked_of_the_second_judge_between_what_matters(judge, ranked):
    plan = replace(MATTERS, overlap=0.5)
    ann, bob = judge("ann", plan), judge("bob", plan)
    shared = [pair for pair in ann.queue if in_overlap("birds", *pair, 0.5)]
    for pair in shared:
        ann.say("grade", pair, 1, rule="matters")
    items = bob.labelling.upcoming()
    assert {(item.qid, item.docid) for item in items if item.rule == "overlap"} == set(shared)
    assert {item.rule for item in items[:2]} != {"overlap"}


def test_what_matters_follows_a_scale_that_changed(workspace, judge, ranked):
    ann = judge("ann", MATTERS)
    ann.say("grade", ("q1", "007"), 3, rule="matters")
    assert ann.labelling.standing().grades == 1
    with workspace.write() as db:
        scales.set_scale(db, ranked.id, scales.PRESETS["Yes or no"], {3: 1})
    now = ann.labelling.standing()
    assert now == judge("ann", MATTERS).labelling.standing()
    assert now.delta > 0


def test_pairs_to_spot_check_come_first_and_leave_once_a_person_graded_them(workspace, ranked, judge):
    ann = judge("ann")
    spot = [("q2", "d2"), ("q1", "d2")]
    ann.labelling = Labelling(workspace, ranked, "ann", PLAN, spot)
    first = ann.labelling.upcoming()[:2]
    assert {(item.qid, item.docid) for item in first} == set(spot)
    assert {item.rule for item in first} == {"spot"}
    assert len(ann.queue) == len(set(ann.queue))
    ann.say("grade", spot[0], 1, rule="spot")
    assert spot[0] not in ann.queue
    ben = Labelling(workspace, ranked, "ben", PLAN, spot)
    assert [(item.qid, item.docid) for item in ben.upcoming() if item.rule == "spot"] == [spot[1]]
