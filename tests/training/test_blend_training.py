"""A blend learned from a real dataset: what it says, what it keeps, and that it is a system as any other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rerank_core.errors import CancelledError, NotReadyError, SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries, chosen_on_sentence, trained_systems
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.training import train, train_blend
from rerank_core.serving.asked import asked as request
from rerank_core.serving.served import Served
from rerank_core.store import datasets
from rerank_core.store.systems import drop_system
from rerank_core.store.tuned_systems import tuned_facts
from rerank_core.systems.composites.spec import Cascade, Floor, OwnFirstStage, Stage
from rerank_core.systems.systems import add_composite, get_system
from rerank_core.training import linear, nested
from rerank_core.training.linear import Choice
from rerank_core.training.plan import asked, plan
from rerank_core.training.record import record_blend, save_blend
from tests.support.training_worlds import WORDS_ONLY, numbers_world

FEW = (Choice("ridge", 30.0, True, 1.0), Choice("pairs", 1.0, True, 1.0))


@pytest.fixture(autouse=True)
def few_choices(monkeypatch):
    monkeypatch.setattr(nested.Fitter, "__init__", _with_few(nested.Fitter.__init__))


def _with_few(init):
    return lambda self, *args, **named: init(self, *args, **{"choices": FEW, **named})


def queries_of(experiment):
    with experiment.workspace.open() as db:
        return datasets.get_queries(db, experiment.dataset.id)


def test_a_blend_learns_what_no_part_of_it_knows(workspace):
    experiment = numbers_world(workspace)
    found = train_blend(Pipeline(workspace), experiment, folds=3)
    assert found.compared.sentence.startswith("Worth it: the learned blend beats the tuned first stage by +0.")
    assert found.compared.lost == 0
    assert dict(found.spec.weights)["numbers"] > 0
    assert found.table()["name"].iloc[0] == "learned blend"
    kept = get_system(workspace, found.save("ours"))
    pipeline = Pipeline(workspace)
    query = queries_of(experiment)[0]
    stored = pipeline.rank(experiment, query, kept)
    assert stored.error == ""
    # the two right passages of the query stand first, where BM25 alone has others above one of them on some queries
    assert set(stored.ranking.docids[:2]) == {"q00-6", "q00-7"}


def test_what_has_seen_a_query_says_so_also_as_a_part_and_is_not_asked_again(workspace):
    experiment = numbers_world(workspace)
    record = train(Pipeline(workspace), experiment, folds=3)
    assert json.loads(json.dumps(record)) == record
    save_blend(workspace, record, "ours", "numbers")
    add_composite(workspace, "steps", Cascade((Stage("first-stage", 5), Stage("ours"))))
    view = Experiment.of(workspace, "numbers", ["first-stage", "ours", "steps"], settings=WORDS_ONLY)
    queries = queries_of(view)
    assert chosen_on_queries(view, queries[:7]) == {"ours": 7, "steps": 7}
    assert chosen_on_queries(view, [replace(queries[0], text="another")]) == {}
    assert trained_systems(view) == {"ours", "steps"}
    assert "ours was trained on these queries" in chosen_on_sentence("ours", 7, 7, trained=True)
    kept, said = asked(view)
    assert kept == ()
    assert said[0] == "ours is left out: it has seen 30 queries of these."
    with workspace.open() as db:
        assert tuned_facts(db, "ours")["data"]["data_hash"] == record["data"]["data_hash"]


def test_served_it_gives_the_scores_of_the_app(workspace):
    experiment = numbers_world(workspace)
    save_blend(workspace, train(Pipeline(workspace), experiment, folds=3), "ours", "numbers")
    system, query = get_system(workspace, "ours"), queries_of(experiment)[4]
    pipeline = Pipeline(workspace)
    candidates = pipeline.candidates(experiment, query)[1]
    with workspace.open() as db:
        docs = datasets.get_docs(db, experiment.dataset.id, candidates.docids)
    sent = [{"id": doc.docid, "text": docs[doc.docid].text, "score": doc.score} for doc in candidates.docs]
    answer = Served(workspace, system).rank(request(query.text, sent)).ranking
    made = pipeline.rank(experiment, query, system).ranking
    assert [sent[int(doc.docid)]["id"] for doc in answer.docs] == list(made.docids)
    assert [doc.score for doc in answer.docs] == pytest.approx([doc.score for doc in made.docs])


def test_deleting_it_leaves_its_rankings(workspace):
    experiment = numbers_world(workspace)
    save_blend(workspace, train(Pipeline(workspace), experiment, folds=3), "ours", "numbers")
    view = experiment.with_systems([*experiment.systems, get_system(workspace, "ours")])
    query = queries_of(view)[0]
    made = Pipeline(workspace).rank(view, query, view.systems[1]).ranking
    with workspace.write() as db:
        drop_system(db, "ours")
    # who still holds the view reads what was kept
    assert Pipeline(workspace).rank(view, query, view.systems[1]).ranking == made


def test_where_the_first_stage_was_tuned_the_system_finds_its_own_candidates(workspace):
    experiment = numbers_world(workspace)
    record = train(Pipeline(workspace), experiment, folds=3)
    other = {**record, "first_stage": replace(WORDS_ONLY, depth=20).to_json()}
    assert save_blend(workspace, other, "deep", "numbers") == "deep"
    spec = get_system(workspace, "deep").spec
    assert isinstance(spec, OwnFirstStage)
    assert (spec.system, spec.settings.depth) == ("deep: blend", 20)
    with workspace.open() as db:
        assert tuned_facts(db, "deep: blend")["by"] == tuned_facts(db, "deep")["by"] == "training"


def test_a_training_that_was_stopped_comes_to_the_same(workspace):
    experiment = numbers_world(workspace)

    def stop(done: int, total: int, message: str = "") -> None:
        if message.startswith("fold 2"):
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        train(Pipeline(workspace), experiment, folds=3, progress=stop)
    first, second = (train(Pipeline(workspace), experiment, folds=3) for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_a_record_of_something_else_is_refused(workspace):
    for record in (
        {},
        {"spec": {"kind": "blend", "members": [{"system": "a"}]}, "first_stage": "{}", "settings": "{}", "qids": []},
    ):
        with pytest.raises(SettingsError):
            save_blend(workspace, record, "ours", "numbers")


def test_drawn_grades_are_not_worth_it(workspace):
    found = train_blend(Pipeline(workspace), numbers_world(workspace, graded_right=False), folds=3)
    assert found.compared.outcome != "worth it"


def test_systems_that_choose_their_own_passages_are_not_asked(workspace):
    experiment = numbers_world(workspace)
    add_composite(workspace, "floored", Floor("first-stage", 1.0))
    view = experiment.with_systems([get_system(workspace, "floored"), get_system(workspace, "first-stage")])
    assert asked(view) == ((), ("floored is left out: it decides itself which passages it ranks.",))


def test_too_few_queries_and_no_library_are_said_before_any_work(workspace, monkeypatch):
    experiment = numbers_world(workspace, queries=12)
    with pytest.raises(SettingsError, match="12 queries have grades, and 20 are needed"):
        train(Pipeline(workspace), experiment)
    with pytest.raises(SettingsError, match="no training of 'magic'"):
        train(Pipeline(workspace), experiment, "magic")
    monkeypatch.setattr(linear, "find_spec", lambda name: None)
    with pytest.raises(NotReadyError, match=r"rerank-lens\[train\]"):
        train(Pipeline(workspace), experiment)


def test_without_its_lists_nothing_is_planned(workspace):
    with pytest.raises(SettingsError, match="0 graded queries have candidates, and 20 are needed"):
        plan(numbers_world(workspace))


def test_the_record_holds_what_people_see(workspace):
    experiment = numbers_world(workspace)
    record = record_blend(train_blend(Pipeline(workspace), experiment, folds=3))
    assert [share for share, _ in record["curve"]] == [0.25, 0.5, 0.75, 1.0]
    assert record["curve_sentence"].split(":")[0] in (
        "More grades would help", "More grades of this kind would hardly help",
        "Whether more grades would help cannot be told",
    )  # fmt: skip
    assert len(record["choices"]) == 3
    assert len(record["qids"]) == 30
    assert record["data"]["counts"]["relevant"] == 60
