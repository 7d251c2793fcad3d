"""Cross-encoders that are really trained, in small: from one that is here, and taught by another system."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
import torch
from safetensors.torch import load_file
from scipy.stats import kendalltau

from rerank_core.errors import CancelledError, SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import cross_encoder_system
from rerank_core.ranking.cross_encoder_system import continued, distilled, taught_folder
from rerank_core.ranking.cross_encoder_training import logits, opened, train_cross_encoder
from rerank_core.ranking.distillation import teach
from rerank_core.ranking.model_system import train_model_system
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.load import load
from rerank_core.store import datasets
from rerank_core.store.tuned_systems import chosen_on
from rerank_core.systems.systems import add_variant
from rerank_core.training.models.cross_encoder import DistilledSettings, agreement, agreement_sentence
from rerank_core.training.models.pairs import MOST_PAIRS, TargetPair, graded_pairs, taught_groups, taught_pairs
from rerank_core.training.models.record import save_model
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.support.tiny_models import tiny_cross_encoder, tiny_encoder
from tests.support.training_worlds import numbers_world

DOCS = {f"d{number}": Doc(f"d{number}", f"text {number}") for number in range(40)}
SMALL = DistilledSettings(
    epochs=2, batch=8, rate=1e-2, taught_epochs=2, taught_group=4, taught_rate=1e-2, head_rate=1e-2, taught_tokens=24
)


def ranking(scores: dict[str, float | None]) -> Ranking:
    docs = [ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(scores.items(), 1)]
    return Ranking("q", "", tuple(docs))


def test_every_grade_is_a_target_and_unread_candidates_further_down_are_weak_zeros():
    candidates = {"q": ranking(dict.fromkeys((f"d{number}" for number in (9, 8, 1, 7, 6, 5, 4, 3)), 1.0))}
    found = graded_pairs([Query("q", "one")], {"q": {"d0": 3, "d1": 1, "d2": 0}}, DOCS, candidates, top=3)
    read = {one.passage: one.target for one in found if not one.weak}
    assert read == {"text 0": 1.0, "text 1": pytest.approx(1 / 3), "text 2": 0.0}
    weak = [one for one in found if one.weak]
    # nobody knows of the first two
    assert {one.passage for one in weak} < {"text 7", "text 6", "text 5", "text 4", "text 3"}
    assert (len(weak), {one.target for one in weak}) == (4, {0.0})


def test_a_teachers_scores_are_shifted_and_scaled_within_a_query_and_there_are_not_too_many():
    theirs = {"q": ranking({"d0": 10.0, "d1": 20.0, "d2": None, "gone": 1.0}), "r": ranking({"d0": 0.0, "d1": 0.2})}
    found = taught_pairs([Query("q", "one"), Query("r", "two"), Query("s", "three")], theirs, DOCS)
    assert [(one.passage, one.target) for one in found if one.query == "one"] == [("text 0", -1.0), ("text 1", 1.0)]
    assert [one.target for one in found if one.query == "two"] == [-1.0, 1.0]
    # all alike: no order to learn
    assert taught_pairs([Query("q", "one")], {"q": ranking({"d0": 3.0, "d1": 3.0})}, DOCS) == []
    many = {f"q{number}": ranking({f"d{place}": float(place) for place in range(40)}) for number in range(100)}
    assert len(taught_pairs([Query(qid, qid) for qid in many], many, DOCS)) == MOST_PAIRS


def test_groups_are_of_one_query_each_and_say_an_order():
    pairs = [TargetPair(query, f"{query} {n}", float(n)) for query in ("a", "b") for n in range(5)]
    found = taught_groups([*pairs, TargetPair("c", "c 0", 1.0), TargetPair("c", "c 1", 1.0)], 3, sharpness=3.0)
    # even ones, rather than four and one; c's are all alike
    assert [(one.query, len(one.passages)) for one in found] == [("a", 3), ("a", 2), ("b", 3), ("b", 2)]
    given = {passage: target for one in found for passage, target in zip(one.passages, one.targets, strict=True)}
    assert given == {one.passage: 3.0 * one.target for one in pairs}
    assert all(passage.startswith(one.query) for one in found for passage in one.passages)
    assert taught_groups(pairs, 3, seed=1) != taught_groups(pairs, 3, seed=2)


def test_agreement_is_the_librarys_tau_over_what_both_have_scored():
    ours = {"a": ranking({"d0": 3.0, "d1": 2.0, "d2": 1.0, "d9": 0.0}), "b": ranking({"d0": 1.0, "d1": 1.0})}
    theirs = {"a": ranking({"d1": 9.0, "d0": 8.0, "d2": 1.0}), "b": ranking({"d0": 1.0, "d1": 2.0})}
    found = agreement(ours, theirs)
    assert found.tau == pytest.approx(kendalltau([3, 2, 1], [8, 9, 1]).statistic)
    # all of b's scores are equal: there is no order to agree with
    assert (found.queries, found.pairs) == (1, 3)
    assert agreement({}, {}).tau is None
    nothing = {"teacher": "T", "taught": None, "trained": None, "queries": 0, "pairs": 0}
    assert "No agreement with T can be told" in agreement_sentence(nothing)
    after = {**nothing, "trained": 0.5, "queries": 2, "pairs": 9}
    assert agreement_sentence(after) == (
        "Kendall's tau with its teacher, T: 0.50 on 9 pairs of 2 queries that were held out, after the grades."
    )


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("start"))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"))


def some_pairs(count: int = 32) -> list[TargetPair]:
    rng = random.Random(0)
    names = ("pump", "valve", "motor", "filter")
    return [TargetPair(f"{names[n % 4]} {n}", f"{rng.randint(500, 900)} {names[(n + n % 2) % 4]}", 1.0 - n % 2)
            for n in range(count)]  # fmt: skip


def taught_numbers(count: int = 24) -> list[TargetPair]:
    """Eight passages per query; the teacher counts how often they say "pump"."""
    rng, found = random.Random(0), list[TargetPair]()
    for number in range(count):
        for times in range(8):
            said = ["pump"] * times + rng.choices(["valve", "motor", "filter"], k=8 - times)
            rng.shuffle(said)
            found.append(TargetPair(f"pump {number}", " ".join(said), (times - 3.5) / 2))
    return found


def test_a_lesson_that_was_stopped_goes_on_and_the_student_orders_as_its_teacher(encoder, tmp_path):
    folder, steps, pairs = tmp_path / "trained", list[int](), taught_numbers()
    how = replace(SMALL, taught_epochs=10)

    def stop_at_forty(done: int, total: int, message: str = "") -> None:
        steps.append(done)
        if len(steps) == 40:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        teach(encoder, pairs, folder, how, progress=stop_at_forty)
    trained = teach(encoder, pairs, folder, how, progress=stop_at_forty)
    # not from the first step again
    assert steps[40] > 1
    assert steps[-1] == 240
    assert trained.losses[-1][1] < trained.losses[0][1]
    assert [path.name for path in tmp_path.iterdir()] == ["trained"]
    assert (folder / "model.safetensors").is_file()
    model = opened(folder)
    found: list[float] = []
    taus = []
    for start in range(0, len(pairs), 8):
        own = pairs[start : start + 8]
        scores = logits(model, own[0].query, [one.passage for one in own])
        taus.append(kendalltau(scores, [one.target for one in own]).statistic)
        found += scores
    assert fmean(taus) > 0.5
    # logits, not probabilities: they pass the bounds of 0 and 1
    assert min(found) < 0 < 1 < max(found)


def test_a_student_is_a_plain_folder_that_the_engine_reads_and_its_words_stay(encoder, tmp_path):
    folder = teach(encoder, taught_numbers(4), tmp_path / "trained", SMALL).folder
    model = opened(folder)
    assert [type(module).__name__ for module in model] == ["Transformer", "Pooling", "Dense", "Dense"]
    # it learned from 24 tokens of a pair, and reads as many as it has places for
    assert (SMALL.taught_tokens, SMALL.tokens, model.max_seq_length) == (24, 256, 40)
    before, after = (
        load_file(one / "model.safetensors")["embeddings.word_embeddings.weight"] for one in (encoder, folder)
    )
    assert torch.equal(before, after)
    scorer = load(get(f"cross-encoder:{folder}"), device="cpu")
    assert not scorer.notes()
    texts = ["pump pump 1", "valve 2 3 4 5 6 7 8 9"]
    assert scorer.score("pump", texts) == pytest.approx(logits(model, "pump", texts), abs=1e-5)


def test_a_teacher_without_an_order_teaches_nothing(encoder, tmp_path):
    alike = [replace(one, target=0.0) for one in taught_numbers(2)]
    with pytest.raises(SettingsError, match="gives all passages of a query one score"):
        teach(encoder, alike, tmp_path / "trained", SMALL)


def test_what_cannot_be_learned_from_is_said(start, tmp_path):
    one = TargetPair("a", "b", 1.0)
    with pytest.raises(SettingsError, match="nothing to learn from"):
        train_cross_encoder(start, [one, one], tmp_path / "trained", SMALL)
    two = tiny_cross_encoder(tmp_path / "two", labels=2)
    with pytest.raises(SettingsError, match="gives 2 scores per pair"):
        train_cross_encoder(two, some_pairs(), tmp_path / "trained", SMALL)


def test_a_cross_encoder_goes_on_from_one_that_is_here_and_is_kept_with_both_marks(start, workspace):
    experiment = numbers_world(workspace)
    pipeline = Pipeline(workspace)
    recipe = continued(pipeline, experiment, f"cross-encoder:{start}", SMALL)
    found = train_model_system(experiment, recipe)
    assert json.loads(json.dumps(found)) == found
    assert (found["kind"], found["held"], len(found["qids"])) == ("cross-encoder", 8, 22)
    assert found["rows"][0]["name"] == "trained cross-encoder"
    assert {row["name"] for row in found["rows"][1:]} == {"tuned first stage", "the cross-encoder it starts from"}
    assert "pairs with a grade's target" in found["read"]
    assert "license: unknown" in (Path(found["folder"]) / "README.md").read_text()
    kept = save_model(workspace, found, "ours", "numbers")
    view = Experiment.of(workspace, "numbers", [kept], settings=experiment.settings)
    with workspace.open() as db:
        queries = datasets.get_queries(db, view.dataset.id)
    assert chosen_on_queries(view, queries) == {"ours": 22}
    # who starts from it has seen what it saw, and is not measured on that
    again = continued(pipeline, experiment, kept, replace(SMALL, epochs=1))
    further = train_model_system(experiment, again)
    assert sorted(further["seen_before"]) == sorted(again.seen)
    with workspace.open() as db:
        seen = chosen_on(db, [save_model(workspace, {**further, "qids": []}, "further", "numbers")])["further"]
    assert seen == again.seen
    with pytest.raises(SettingsError, match="ours has seen 22 queries of those that it would be measured on"):
        train_model_system(experiment, again, extras=("folds",))
    with pytest.raises(SettingsError, match="is no cross-encoder whose files are on this machine"):
        continued(pipeline, experiment, "minilm-cosine", SMALL)


def test_a_student_learns_from_its_teacher_then_from_grades(start, encoder, workspace, monkeypatch):
    monkeypatch.setattr(cross_encoder_system, "bundled", lambda: encoder)
    world = numbers_world(workspace)
    add_variant(workspace, "teacher", f"cross-encoder:{start}", {})
    with workspace.write() as db:
        # nobody has graded these, and each says what a graded one says
        again = [Query(f"{one.qid}-again", one.text.upper()) for one in datasets.get_queries(db, world.dataset.id)]
        datasets.add_queries(db, world.dataset.id, again)
        datasets.count_queries(db, world.dataset.id)
    experiment = Experiment.of(workspace, "numbers", ["first-stage", "teacher"], settings=world.settings)
    told: list[str] = []
    taught, really = list[list[TargetPair]](), cross_encoder_system.teach

    def spied(start, pairs, *more):
        taught.append(pairs)
        return really(start, pairs, *more)

    monkeypatch.setattr(cross_encoder_system, "teach", spied)
    recipe = distilled(Pipeline(workspace), experiment, "teacher", SMALL)
    found = train_model_system(experiment, recipe, progress=lambda done, total, said="": told.append(said))
    assert any(said.startswith("taught by teacher: ") for said in told)
    assert [row["name"] for row in found["rows"]][:2] == ["trained cross-encoder", "taught, before the grades"]
    assert {row["name"] for row in found["rows"][2:]} == {"tuned first stage", "teacher"}
    assert "pairs with a score of teacher; then" in found["read"]
    with workspace.open() as db:
        texts = {query.qid: query.text for query in datasets.get_queries(db, world.dataset.id)}
    # of the queries that it is measured on, the teacher has said nothing either
    assert len(taught) == 1
    learned = {texts[qid] for qid in found["qids"]}
    assert {one.query for one in taught[0]} == learned | {text.upper() for text in learned}
    assert (found["agreement"]["teacher"], found["agreement"]["queries"]) == ("teacher", 8)
    assert -1 <= found["agreement"]["taught"] <= 1
    assert "Kendall's tau with its teacher, teacher: " in agreement_sentence(found["agreement"])
    folder = Path(found["folder"])
    # the student as its teacher left it was only on the way; its figures stay
    assert not taught_folder(folder).exists()
    again = train_model_system(experiment, recipe)
    assert len(taught) == 1
    assert (again["rows"], again["agreement"], again["losses"]) == (found["rows"], found["agreement"], found["losses"])
    # steps of both trainings, one after the other
    assert [step for step, _ in found["losses"]] == sorted({step for step, _ in found["losses"]})
    # the model is gone: rankings stay, and the page says what to do
    (folder / "config.json").unlink()
    with pytest.raises(SettingsError, match="train it again"):
        save_model(workspace, found, "ours", "numbers")
    with pytest.raises(SettingsError, match="A teacher is one of the systems that are compared: teacher"):
        distilled(Pipeline(workspace), experiment, "minilm-cosine", SMALL)
