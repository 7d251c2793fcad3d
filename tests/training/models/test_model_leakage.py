"""What a model is measured on never reaches what it learns from: in the kept training, in a curve's, in any fold's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from rerank_core.ranking import cross_encoder_system
from rerank_core.ranking.cross_encoder_system import continued
from rerank_core.ranking.model_system import train_model_system
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.training.models.cross_encoder import CrossEncoderSettings
from rerank_core.training.models.split import parts
from tests.support.tiny_models import tiny_cross_encoder
from tests.support.training_worlds import numbers_world

SMALL = CrossEncoderSettings(epochs=1, batch=64)


@dataclass(frozen=True)
class Read:
    """What one training was given: the queries' texts, and the passages that have a target above 0."""

    folder: str
    queries: frozenset[str]
    right: frozenset[str]


def spied(monkeypatch) -> list[Read]:
    """Every training as ever, and what it was given."""
    given, really = list[Read](), cross_encoder_system.train_cross_encoder

    def train(start, pairs, folder, *more, **named):
        right = frozenset(one.passage for one in pairs if one.target > 0)
        given.append(Read(folder.name, frozenset(one.query for one in pairs), right))
        return really(start, pairs, folder, *more, **named)

    monkeypatch.setattr(cross_encoder_system, "train_cross_encoder", train)
    return given


def test_no_training_reads_a_query_that_it_is_measured_on(workspace, tmp_path, monkeypatch):
    experiment = numbers_world(workspace)
    given = spied(monkeypatch)
    recipe = continued(Pipeline(workspace), experiment, f"cross-encoder:{tiny_cross_encoder(tmp_path / 'one')}", SMALL)
    train_model_system(experiment, recipe, extras=("curve", "folds"))
    with workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    # the kept one, three shares of its grades, three other folds
    every = parts(queries)
    allowed = [frozenset(query.text for query in part.learned) for part in every]
    assert [one.queries for one in given[:1] + given[4:]] == allowed
    steps = [one.queries for one in (*given[1:4], given[0])]
    assert [len(one) for one in steps] == [6, 11, 16, 22]
    assert all(less < more for less, more in itertools.pairwise(steps))


def test_grades_of_held_out_queries_change_nothing_that_is_learned(workspace, tmp_path, monkeypatch):
    experiment = numbers_world(workspace)
    given = spied(monkeypatch)
    start = f"cross-encoder:{tiny_cross_encoder(tmp_path / 'one')}"
    before = train_model_system(experiment, continued(Pipeline(workspace), experiment, start, SMALL))
    with workspace.write() as db:
        qrels = judgments.qrels(db, experiment.dataset.id)
        held = qrels.keys() - set(before["qids"])
        turned = [(qid, docid, 3 - grade) for qid in sorted(held) for docid, grade in qrels[qid].items()]
        events = [GradeEvent("d", seq, "grade", *one) for seq, one in enumerate(turned, 1)]
        judgments.record(db, experiment.dataset.id, "bob", events, experiment.dataset.scale)
    after = train_model_system(experiment, continued(Pipeline(workspace), experiment, start, SMALL))
    assert given[1] == given[0]
    assert after["folder"] == before["folder"]
    assert after["rows"] != before["rows"]
