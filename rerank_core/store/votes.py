"""Blind votes between two lists as an append-only history: a voter's newest vote on a query is the one that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import BadInputError
from rerank_core.store import row_values
from rerank_core.store.workspace import now
from rerank_core.text import person_key

ANSWERS = ("one", "other", "same")


@dataclass(frozen=True, slots=True)
class Vote:
    """`one` and `other`: the keys of the two systems, in an order that does not depend on the side they were shown on.

    `answer`: "one", "other" or "same". `left`: "one" or "other", whichever stood on the left. `settings`: the key of
    the retrieval settings. `shown`: how many places each list had.
    """

    qid: str
    one: str
    other: str
    settings: str
    shown: int
    left: str
    answer: str
    voter: str


def add_vote(db: Database, dataset_id: int, vote: Vote) -> None:
    """Keep a vote, inside `Workspace.write()`. Raises BadInputError for an answer or a side that is none."""
    if vote.answer not in ANSWERS or vote.left not in ANSWERS[:2]:
        raise BadInputError("vote", None, f"{vote.answer!r} with {vote.left!r} on the left", f"one of {ANSWERS}")
    db.execute(
        """INSERT INTO vote (dataset_id, qid, one, other, settings, shown, left_side, answer, voter, at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            dataset_id, vote.qid, vote.one, vote.other, vote.settings, vote.shown, vote.left, vote.answer, vote.voter,
            now(),
        ],
    )  # fmt: skip


def take_back(db: Database, dataset_id: int, systems: Sequence[str], settings: str, voter: str) -> str:
    """Take back this voter's newest vote between two systems, inside `Workspace.write()`; its qid, "" without one."""
    for vote_id, vote in reversed(_standing(db, dataset_id, systems, settings)):
        if person_key(vote.voter) == person_key(voter):
            db.execute("INSERT INTO vote_taken_back (vote_id, at) VALUES (?, ?)", [vote_id, now()])
            return vote.qid
    return ""


def votes_between(db: Database, dataset_id: int, systems: Sequence[str], settings: str) -> list[Vote]:
    """The votes that count between two system keys (`systems`: one, other) with these settings, oldest first.

    Of each person's votes on a query the newest that was not taken back; spellings of one name are one person.
    """
    standing = _standing(db, dataset_id, systems, settings)
    newest = {(vote.qid, person_key(vote.voter)): (vote_id, vote) for vote_id, vote in standing}
    return [vote for _, vote in sorted(newest.values(), key=lambda pair: pair[0])]


def _standing(db: Database, dataset_id: int, systems: Sequence[str], settings: str) -> list[tuple[int, Vote]]:
    """(id, vote) of each vote that was not taken back, oldest first; none on a query that was removed."""
    rows = db.execute(
        """SELECT id, qid, one, other, settings, shown, left_side, answer, voter FROM vote
           WHERE dataset_id = ? AND one = ? AND other = ? AND settings = ?
           AND id NOT IN (SELECT vote_id FROM vote_taken_back)
           AND qid NOT IN (SELECT qid FROM query WHERE dataset_id = ? AND state = 'removed') ORDER BY id""",
        [dataset_id, *systems, settings, dataset_id],
    )
    return [(int(row[0]), vote) for row in rows if (vote := _vote(row[1:])) is not None]


def _vote(row: Sequence[Any]) -> Vote | None:
    """None: this version cannot read it, and it does not count."""
    qid, one, other, settings, shown, left, answer, voter = row
    try:
        pair = row_values.text(one), row_values.text(other)
        list_of = row_values.text(settings), row_values.whole(shown)
        return Vote(row_values.text(qid), *pair, *list_of, left, answer, row_values.text(voter))
    except row_values.UNREADABLE:
        return None
