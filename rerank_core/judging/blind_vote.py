"""A blind vote between two systems: the queries a voter sees, which list stands on the left, how the votes stand."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.evaluation.preference import Preference, tally
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.store import votes
from rerank_core.store.votes import Vote
from rerank_core.systems.systems import System
from rerank_core.text import person_key
from rerank_core.types import text_hash


@dataclass(frozen=True, slots=True)
class Ballot:
    """One query to vote on. `left` and `right`: docids, best first. `left_is`: "one" or "other"."""

    qid: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    left_is: str


class BallotBox:
    """The vote between two systems over the queries that both have answered differently in the first `shown` places.

    The two are told apart by their keys alone, so that the tally does not depend on which one is called the baseline.
    """

    def __init__(self, experiment: Experiment, systems: tuple[System, System], whole: WholeSet, shown: int = 5) -> None:
        self._workspace, self._dataset = experiment.workspace, experiment.dataset
        self._settings, self._shown = experiment.settings.key(), shown
        self.one, self.other = sorted(systems, key=lambda system: system.key)
        lists = [whole.rankings(system.id) for system in (self.one, self.other)]
        both = [qid for qid in whole.queries if all(qid in found for found in lists)]
        self._lists = {qid: tuple(found[qid].docids[:shown] for found in lists) for qid in both}
        self._lists = {qid: pair for qid, pair in self._lists.items() if pair[0] != pair[1]}

    def voted(self, voter: str) -> int:
        """On how many queries this person has voted."""
        return len(self._voted(voter))

    def voters(self) -> int:
        """How many people have voted."""
        return len({person_key(vote.voter) for vote in self._votes()})

    def __len__(self) -> int:
        """How many queries there are to vote on."""
        return len(self._lists)

    def next(self, voter: str) -> Ballot | None:
        """The next query that this voter has not voted on (None after the last), in their own order."""
        done = self._voted(voter)
        left = [qid for qid in self._lists if qid not in done]
        if not left:
            return None
        return self._ballot(min(left, key=lambda qid: text_hash(f"order\x00{person_key(voter)}\x00{qid}")), voter)

    def cast(self, ballot: Ballot, side: str, voter: str) -> None:
        """Keep a vote for "left", "right" or "same"."""
        other = {"one": "other", "other": "one"}[ballot.left_is]
        answer = {"left": ballot.left_is, "right": other, "same": "same"}[side]
        vote = Vote(
            ballot.qid, self.one.key, self.other.key, self._settings, self._shown, ballot.left_is, answer, voter
        )
        with self._workspace.write() as db:
            votes.add_vote(db, self._dataset.id, vote)

    def take_back(self, voter: str) -> str:
        """Take back this person's newest vote; its qid comes again. "" where there is none."""
        with self._workspace.write() as db:
            return votes.take_back(db, self._dataset.id, (self.one.key, self.other.key), self._settings, voter)

    def tally(self) -> Preference:
        """All people's votes, on these two systems with these settings."""
        return tally((vote.qid, vote.answer) for vote in self._votes())

    def _ballot(self, qid: str, voter: str) -> Ballot:
        left_is = "one" if int(text_hash(f"side\x00{person_key(voter)}\x00{qid}"), 16) % 2 else "other"
        one, other = self._lists[qid]
        left, right = (one, other) if left_is == "one" else (other, one)
        return Ballot(qid, left, right, left_is)

    def _voted(self, voter: str) -> set[str]:
        key = person_key(voter)
        return {vote.qid for vote in self._votes() if person_key(vote.voter) == key and vote.qid in self._lists}

    def _votes(self) -> list[Vote]:
        with self._workspace.open() as db:
            return votes.votes_between(db, self._dataset.id, (self.one.key, self.other.key), self._settings)
