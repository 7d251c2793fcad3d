"""Blind votes between two lists as an append-only history: a voter's newest vote on a query is the one that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from rerank_core.errors import BadInputError
from rerank_core.store.workspace import now

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


def votes_between(db: Database, dataset_id: int, systems: Sequence[str], settings: str) -> list[Vote]:
    """The votes that count between two system keys (`systems`: one, other) with these settings, oldest first."""
    rows = db.execute(
        """SELECT qid, one, other, settings, shown, left_side, answer, voter FROM vote WHERE id IN (
             SELECT max(id) FROM vote WHERE dataset_id = ? AND one = ? AND other = ? AND settings = ?
             GROUP BY qid, voter) ORDER BY id""",
        [dataset_id, *systems, settings],
    )
    return [Vote(*row) for row in rows]
