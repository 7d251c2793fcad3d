"""The blind vote: each voter sees each question once, sides differ, and the tally knows who was where."""

from __future__ import annotations

import pytest

from rerank_core.errors import BadInputError
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.blind_vote import BallotBox
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import votes
from rerank_core.store.votes import Vote
from rerank_core.systems.systems import get_system
from tests.support.whole_sets import whole_set

SETTINGS = RetrievalSettings(retrievers=("bm25",))
NAMES = ("first-stage", "minilm-cosine")
QIDS = [f"q{n}" for n in range(20)]


@pytest.fixture
def box(workspace, birds):
    def make(*names: str) -> BallotBox:
        orders = {NAMES[0]: dict.fromkeys(QIDS, "abc"), NAMES[1]: {**dict.fromkeys(QIDS, "cba"), "q0": "abc"}}
        systems = tuple(get_system(workspace, name) for name in names)
        return BallotBox(Experiment(workspace, birds, SETTINGS, systems), systems, whole_set({}, orders), shown=2)

    return make


def all_ballots(box: BallotBox, voter: str, side: str) -> list:
    seen = []
    while (ballot := box.next(voter)) is not None:
        seen.append(ballot)
        box.cast(ballot, side, voter)
    return seen


def test_a_voter_sees_every_question_with_different_lists_once(box):
    seen = all_ballots(box(*NAMES), "ann", "same")
    assert sorted(ballot.qid for ballot in seen) == sorted(QIDS[1:])
    assert {len(ballot.left) for ballot in seen} == {2}
    assert {ballot.left_is for ballot in seen} == {"one", "other"}


def test_two_voters_have_orders_and_sides_of_their_own(box):
    ann, ben = ({b.qid: b.left_is for b in all_ballots(box(*NAMES), voter, "same")} for voter in ("ann", "ben"))
    assert list(ann) != list(ben)
    assert ann != ben


def test_always_left_prefers_nobody_more_than_the_sides_say(box):
    found = box(*NAMES)
    seen = all_ballots(found, "ann", "left")
    ones = sum(ballot.left_is == "one" for ballot in seen)
    assert (found.tally().one, found.tally().other) == (ones, len(seen) - ones)


def test_the_tally_is_the_same_whichever_is_called_the_baseline(box):
    found = box(*NAMES)
    for _ in range(5):
        ballot = found.next("ann")
        side = "left" if ballot.left == ("c", "b") else "right"
        found.cast(ballot, side, "ann")
    again = box(*NAMES[::-1])
    assert again.tally() == found.tally()
    winner = found.one if found.tally().one == 5 else found.other
    assert winner.id == NAMES[1]


def test_the_newest_vote_of_a_voter_counts_and_the_first_one_stays(workspace, birds):
    with workspace.write() as db:
        for answer in ("one", "other"):
            votes.add_vote(db, birds.id, Vote("q1", "A", "B", "s", 5, "one", answer, "ann"))
        assert [vote.answer for vote in votes.votes_between(db, birds.id, ("A", "B"), "s")] == ["other"]
        assert db["vote"].count == 2
        assert votes.votes_between(db, birds.id, ("A", "B"), "other settings") == []


def test_an_answer_that_is_none_is_refused(workspace, birds):
    with pytest.raises(BadInputError, match="neither"), workspace.write() as db:
        votes.add_vote(db, birds.id, Vote("q1", "A", "B", "s", 5, "one", "neither", "ann"))


def test_a_vote_can_be_taken_back_and_the_question_comes_again(box, workspace):
    found = box(*NAMES)
    first, second = found.next("Kim"), None
    found.cast(first, "left", "Kim")
    second = found.next("Kim")
    found.cast(second, "right", " kim.")
    assert (found.voted("KIM"), found.voters()) == (2, 1)
    assert found.take_back("kim") == second.qid
    assert found.next("Kim") == second
    assert (found.voted("Kim"), found.tally().votes) == (1, 1)
    assert found.take_back("Kim") == first.qid
    assert found.take_back("Kim") == ""
    assert found.next("Kim") == first
    with workspace.open() as db:
        assert db["vote"].count == 2


def test_spellings_of_one_name_are_one_voter(box):
    found = box(*NAMES)
    ballot = found.next("Kim")
    for voter, side in (("Kim", "left"), (" KIM ", "right")):
        found.cast(ballot, side, voter)
    assert found.tally().votes == 1
    assert found.next("kim") != ballot
