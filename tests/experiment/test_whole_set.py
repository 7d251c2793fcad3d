"""The whole set as it lies in the workspace."""

from __future__ import annotations

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import rankings
from rerank_core.store.judgments import GradeEvent, record
from rerank_core.store.rankings import candidates_key
from rerank_core.systems.systems import get_system
from tests.conftest import BIRD_QUERIES
from tests.support.whole_sets import ranking, whole_set

SETTINGS = RetrievalSettings(retrievers=("bm25",))


def test_answers_candidates_and_grades_are_read_and_nothing_is_made(workspace, birds):
    systems = [get_system(workspace, name) for name in ("first-stage", "minilm-cosine")]
    key = candidates_key(birds.fingerprint, SETTINGS.key(), BIRD_QUERIES[0].text)
    with workspace.write() as db:
        rankings.put_candidates(db, key, birds.id, "{}", ranking("q1", "first-stage", ["d1", "d3"]))
        rankings.put_ranking(db, key, systems[0].key, ranking("q1", systems[0].key, ["d1", "d3"]))
        rankings.put_ranking(db, key, systems[1].key, None, "no luck")
        record(db, birds.id, "ann", [GradeEvent("c", 1, "grade", "q1", "d3", 2)], birds.scale)
        assert rankings.census(db, [system.key for system in systems]) == (2, 1)
    whole = load_whole_set(Experiment(workspace, birds, SETTINGS, tuple(systems)))
    assert list(whole.queries) == ["q1", "q2"]
    assert whole.candidates == {"q1": ("d1", "d3")}
    assert whole.qrels == {"q1": {"d3": 2}}
    assert {qid: one.docids for qid, one in whole.rankings("first-stage").items()} == {"q1": ("d1", "d3")}
    assert whole.failures("minilm-cosine") == {"q1": "no luck"}
    assert whole.off_candidates("first-stage") == []


def test_a_part_of_it_knows_nothing_of_the_other_queries():
    whole = whole_set({"q1": {"a": 1}, "q2": {"a": 1}}, {"A": {"q1": "ab", "q2": "ba"}, "B": {"q1": None, "q2": "ab"}})
    part = whole.only(["q2", "gone"])
    assert list(part.queries) == list(part.qrels) == list(part.candidates) == ["q2"]
    assert set(part.rankings("A")) == {"q2"}
    assert part.failures("B") == {}
    assert part.labels == whole.labels
