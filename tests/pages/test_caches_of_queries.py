"""What pages keep is made anew when queries change, also where there are as many as before."""

from __future__ import annotations

import pytest

from pages.ui import cache
from pages.ui.evaluate.cache import whole_set
from rerank_core.corpus.keeping import delete_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.plan import LabelPlan
from rerank_core.store import datasets, judgments, query_states
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Query
from tests.conftest import BIRDS
from tests.pages.conftest import WORDS_ONLY, RankedBirds

PLAN = LabelPlan(("first-stage", "minilm-cosine"), WORDS_ONLY.to_json(), depth=20, overlap=1.0)


def now(workspace: Workspace) -> DatasetRow:
    with workspace.open() as db:
        return datasets.get_dataset(db, "birds")


def swap(workspace: Workspace, out: str, into: Query) -> None:
    """Take a query out and put another one in: as many as before, and not a grade or ranking more."""
    row = now(workspace)
    with workspace.write() as db:
        query_states.remove_queries(db, row.id, [out])
        datasets.add_queries(db, row.id, [into])
        query_states.count_queries(db, row.id)
    assert now(workspace).n_queries == row.n_queries


def evaluated(workspace: Workspace) -> list[str]:
    """The queries that Evaluate's figures are over."""
    systems = tuple(get_system(workspace, one) for one in PLAN.systems)
    return list(whole_set(Experiment(workspace, now(workspace), WORDS_ONLY, systems))[0].queries)


def asked(workspace: Workspace) -> set[str]:
    """The queries of Ann's list."""
    return {item.qid for item in cache.labelling(now(workspace), "ann", PLAN).upcoming()}


def agreed(workspace: Workspace) -> int:
    """How many grades Agreement counts."""
    return sum(row.grades for row in cache.agreement(workspace, now(workspace), None).judges)


@pytest.fixture
def graded(workspace: Workspace, ranked: RankedBirds) -> RankedBirds:
    with workspace.write() as db:
        event = GradeEvent("c", 1, "grade", "q1", ranked.found[0], 3)
        judgments.record(db, ranked.dataset.id, "bob", [event], ranked.dataset.scale)
    return ranked


def test_a_query_in_the_place_of_another_is_seen_everywhere(workspace, graded):
    assert evaluated(workspace) == ["q1", "q2"]
    assert asked(workspace) == {"q1"}
    assert agreed(workspace) == 1
    swap(workspace, "q1", Query("q3", "who sings"))
    assert evaluated(workspace) == ["q2", "q3"]
    assert asked(workspace) == set()
    swap(workspace, "q3", Query("q1", "who eats fish"))
    assert "q1" in evaluated(workspace)
    assert asked(workspace) == {"q1"}
    assert agreed(workspace) == 1


def test_the_fingerprint_follows_text_note_and_tags_and_comes_back_with_them(workspace, graded):
    first = now(workspace)
    seen = [first.queries_fingerprint]
    for query in (Query("q2", "other"), Query("q2", "other", "a note"), Query("q2", "other", "a note", ("tag",))):
        swap(workspace, "q2", query)
        seen.append(now(workspace).queries_fingerprint)
    assert len(set(seen)) == 4
    swap(workspace, "q2", Query("q2", "other", "a note"))
    assert now(workspace).queries_fingerprint == seen[2]


def test_another_dataset_of_the_same_name_and_passages_is_another_one(workspace, graded):
    before = now(workspace)
    assert evaluated(workspace) == ["q1", "q2"]
    assert agreed(workspace) == 1
    delete_dataset(workspace, "birds")
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        datasets.add_docs(db, dataset_id, BIRDS)
        datasets.add_queries(db, dataset_id, [Query("q1", "who hunts voles"), Query("q9", "who swims")])
        datasets.finish_dataset(db, dataset_id, {})
    after = now(workspace)
    assert (after.fingerprint, after.n_queries) == (before.fingerprint, before.n_queries)
    assert after.made_of != before.made_of
    assert evaluated(workspace) == ["q1", "q9"]
    assert agreed(workspace) == 0


def test_a_scale_that_changes_is_no_longer_the_old_one(workspace, graded):
    before = now(workspace)
    with workspace.write() as db:
        db.execute("UPDATE dataset SET scale = ? WHERE id = ?", ['{"0": "no", "1": "yes", "9": "more"}', before.id])
    assert now(workspace).made_of != before.made_of
