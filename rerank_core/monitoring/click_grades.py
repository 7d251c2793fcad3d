"""Clicks as grades of their own kind for the queries of a dataset, and how they agree with people's grades."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from rerank_core.monitoring.eval_set import docids_here, known_qids
from rerank_core.monitoring.position_bias import METHOD, PositionModel, fit
from rerank_core.monitoring.side_by_side import shown_places
from rerank_core.store import datasets, judgments
from rerank_core.store.traffic_clicks import clicked
from rerank_core.store.traffic_grades import ClickGrade, click_grades, put_click_grades
from rerank_core.store.traffic_requests import walk_lists
from rerank_core.store.workspace import Workspace

FEWEST_SHOWN = 5
"""A pair that was shown less often has no grade."""
ABOUT = (
    "A click grade is the attraction of a passage for a query, 0 to 1: the share of its showings in which it would be "
    "clicked at place 1. Position bias is corrected by a position-based model, fitted to the logged clicks by EM "
    "(Craswell et al. 2008; Chuklin, Markov and de Rijke 2015). It says what people open, which need not be what helps "
    "them. It is kept apart from grades by people and by language models, and never counts in a verdict."
)


def fit_logged(workspace: Workspace) -> PositionModel | None:
    """The model of all clicks that are logged; None where they cannot tell place from passage."""
    with workspace.open() as db:
        return fit(shown_places(walk_lists(db), clicked(db)))


def keep_click_grades(workspace: Workspace, dataset: str, model: PositionModel) -> int:
    """Keep the grades of the pairs whose query and passage the dataset has; return how many. Raises NotFoundError."""
    with workspace.write() as db:
        row = datasets.get_dataset(db, dataset)
        qids = known_qids(db, row)
        pairs = {pair: own for pair, own in model.pairs.items() if pair[0] in qids and own.shown >= FEWEST_SHOWN}
        names = docids_here(db, row, dict.fromkeys(docid for _, docid in pairs))
        hashes = datasets.text_hashes(db, row.id, list(names.values()))
        grades: dict[tuple[str, str], ClickGrade] = {}
        for (key, docid), own in pairs.items():
            here = names[docid]
            if here in hashes:
                grade = ClickGrade(qids[key], here, METHOD, own.shown, own.clicks, own.value, hashes[here])
                grades[grade.qid, grade.docid] = grade
        put_click_grades(db, row.id, grades.values(), METHOD)
    return len(grades)


@dataclass(frozen=True, slots=True)
class WithPeople:
    """Pairs of passages of one query that people graded differently, and which the clicks tell apart as well.

    `pairs` of them in `queries`; in `same` the passage with the higher grade has the higher attraction, in `raw_same`
    the higher share of clicks.
    """

    queries: int
    pairs: int
    same: int
    raw_same: int


def agreement_with_people(workspace: Workspace, dataset: str) -> WithPeople:
    """How often the click grades order two passages as people's grades do. Raises NotFoundError."""
    with workspace.open() as db:
        row = datasets.get_dataset(db, dataset)
        qrels = judgments.qrels(db, row.id)
        by_query: dict[str, list[ClickGrade]] = defaultdict(list)
        for grade in click_grades(db, row.id):
            by_query[grade.qid].append(grade)
    queries = pairs = same = raw_same = 0
    for qid, grades in by_query.items():
        own = qrels.get(qid, {})
        graded = sorted((own[one.docid], one.attraction, one.clicks / one.shown) for one in grades if one.docid in own)
        found = [(a, b) for place, a in enumerate(graded) for b in graded[place + 1 :] if a[0] < b[0]]
        queries += bool(found)
        pairs += len(found)
        same += sum(a[1] < b[1] for a, b in found)
        raw_same += sum(a[2] < b[2] for a, b in found)
    return WithPeople(queries, pairs, same, raw_same)
