"""Stories for people who do not read measures: one query before and after, what moved, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rerank_core.evaluation.moves import biggest_move
from rerank_core.experiment.summary import Summary
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.types import Doc, Query, Ranking


@dataclass(frozen=True, slots=True)
class Place:
    """A passage in a short list. `rank` from 1; `other`: its rank in the other list, None where that one lacks it.

    `grade`: None where nobody graded it.
    """

    docid: str
    rank: int
    other: int | None
    grade: int | None

    @property
    def moved(self) -> int:
        """How many places it stands above the other list's rank; 0 where the other list lacks it."""
        return 0 if self.other is None else self.other - self.rank


@dataclass(frozen=True, slots=True)
class Story:
    """One query, answered before and after.

    `delta`: after minus before on the headline measure. `before` and `after`: the first places of each. `subject`:
    docid of the passage that explains most of the difference, "" where no graded passage moved; `subject_grade` its
    grade; `subject_before`, `subject_after`: its ranks (None: not returned).
    """

    query: Query
    delta: float
    before: tuple[Place, ...]
    after: tuple[Place, ...]
    subject: str
    subject_grade: int
    subject_before: int | None
    subject_after: int | None


def order_of_stories(summary: Summary, system: str) -> list[str]:
    """The qids to tell, the largest difference first whichever way it goes, so that losses are not kept for the end.

    `system` against the summary's baseline. Queries where nothing changed are left out.
    """
    comparison = next(row.comparison for row in summary.systems if row.system == system)
    if comparison is None:
        return []
    changed = {qid: delta for qid, delta in comparison.deltas.items() if delta}
    return sorted(changed, key=lambda qid: (-abs(changed[qid]), qid))


def tell(whole: WholeSet, summary: Summary, system: str, qid: str, shown: int = 5) -> Story:
    """The story of one query; `shown`: places per list. Raises KeyError where one of the two did not rank the query."""
    before, after = (whole.ranking(ranked_by, qid) for ranked_by in (summary.baseline, system))
    grades = whole.qrels.get(qid, {})
    delta = summary.per_query[system][qid] - summary.per_query[summary.baseline][qid]
    move = biggest_move(before.docids, after.docids, grades, summary.k)
    subject = (move.docid, move.grade, move.before, move.after) if move is not None else ("", 0, None, None)
    return Story(
        whole.queries[qid],
        delta,
        _places(before, after, grades, shown),
        _places(after, before, grades, shown),
        *subject,
    )


def _places(ranking: Ranking, other: Ranking, grades: Mapping[str, int], shown: int) -> tuple[Place, ...]:
    ranks = {doc.docid: doc.rank for doc in other.docs}
    return tuple(
        Place(doc.docid, doc.rank, ranks.get(doc.docid), grades.get(doc.docid)) for doc in ranking.docs[:shown]
    )


def sentence(story: Story, docs: Mapping[str, Doc], scale: Mapping[int, str]) -> str:
    """What happened, in one plain sentence without a measure in it; `scale`: grade -> its name.

    It claims what the grades say of this query and no more: better or worse here, never in general.
    """
    if not story.subject:
        return "The order changed, but no passage that people graded as useful moved."
    doc = docs.get(story.subject)
    title = doc.name() if doc is not None else story.subject
    kind = f"graded “{scale.get(story.subject_grade, story.subject_grade)}”"
    before, after = _standing(story.subject_before), _standing(story.subject_after)
    if story.delta > 0:
        return f"“{title}” ({kind}) comes up from {before} to {after}."
    if story.delta < 0:
        return f"“{title}” ({kind}) falls from {before} to {after}."
    return f"“{title}” ({kind}) moves from {before} to {after}, and the list is as good as before."


def _standing(rank: int | None) -> str:
    return "nowhere" if rank is None else f"place {rank}"
