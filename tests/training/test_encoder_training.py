"""An encoder that is really trained, in small: a model made of noise learns which passages belong to which query."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rerank_core.errors import CancelledError, SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import encoder_system
from rerank_core.ranking.encoder_training import train_encoder
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets
from rerank_core.systems.dense_models import dense_models
from rerank_core.systems.systems import get_system
from rerank_core.training.encoder import EncoderSettings, save_encoder, split
from rerank_core.training.triples import MOST_PER_QUERY, Triple, triples
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.support.training_worlds import numbers_world

DOCS = {f"d{number}": Doc(f"d{number}", f"text {number}") for number in range(40)}


def ranking(*docids):
    return Ranking("", "", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docids, 1)))


def test_a_negative_has_a_lower_grade_or_is_an_unread_candidate_further_down():
    queries = [Query("q1", "one"), Query("q2", "two"), Query("q3", "three")]
    qrels = {"q1": {"d0": 3, "d1": 1, "d2": 0}, "q2": {"d3": 1}, "q3": {"d4": 1}}
    candidates = {"q2": ranking("d9", "d8", "d3", "d7"), "q3": ranking("d9", "d8")}
    found = triples(queries, qrels, DOCS, candidates, seed=1)
    assert [(one.query, one.positive, one.weak) for one in found] == [
        ("one", "text 0", False), ("one", "text 1", False), ("two", "text 3", True),
    ]  # fmt: skip
    assert found[0].negative in ("text 1", "text 2")
    assert found[1].negative == "text 2"
    # nobody knows of the first two; q3 has nothing below them, and gives no triple
    assert found[2].negative == "text 7"


def test_a_query_with_many_right_passages_gives_its_best_few():
    grades = {f"d{number}": 1 + (number >= 30) for number in range(1, 40)} | {"d0": 0}
    found = triples([Query("q", "one")], {"q": grades}, DOCS, {})
    assert len(found) == MOST_PER_QUERY
    assert {one.positive for one in found} <= {f"text {number}" for number in range(30, 40)}


def test_queries_are_held_out_by_text():
    queries = [Query(f"q{number}", f"text {number // 2}") for number in range(40)]
    learned, judged = split(queries, seed=1)
    assert (len(learned), len(judged)) == (30, 10)
    assert not {query.text for query in learned} & {query.text for query in judged}
    learned, judged = split(queries, ["q0"])
    assert [query.qid for query in judged] == ["q0"]
    # the same text under another qid is not learned from
    assert "q1" not in {query.qid for query in learned}
    assert len(learned) == 38


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    """A bi-encoder of a few thousand drawn weights, with a tokenizer that knows the words of `numbers_world`."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("start")
    names = ("pump", "valve", "motor", "filter", "switch", "sensor", "belt", "fan", "lamp", "gear", "model", "-")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *names, *(str(number) for number in range(1000))]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    marks = {
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=32, **marks).save_pretrained(folder / "bert")
    import torch

    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=40, **size)).save_pretrained(folder / "bert")
    bert = Transformer(str(folder / "bert"), max_seq_length=32)
    SentenceTransformer(modules=[bert, Pooling(16), Normalize()], device="cpu").save(str(folder / "model"))
    return folder / "model"


def some_triples(count: int = 32) -> list[Triple]:
    rng = random.Random(0)
    names = ("pump", "valve", "motor", "filter")
    return [
        Triple(
            f"{names[n % 4]} {n}", f"{n} {names[n % 4]} model", f"{rng.randint(500, 900)} {names[n % 4]}", weak=False
        )
        for n in range(count)
    ]


SMALL = EncoderSettings(epochs=2, batch=8, rate=1e-2)


def test_a_training_that_was_stopped_goes_on_from_its_checkpoint(start, tmp_path):
    folder = tmp_path / "trained"
    steps: list[int] = []

    def stop_at_six(done: int, total: int, message: str = "") -> None:
        steps.append(done)
        assert total == 8
        if done == 6 and len(steps) == 6:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        train_encoder(start, some_triples(), folder, SMALL, progress=stop_at_six)
    assert not folder.exists()
    losses = train_encoder(start, some_triples(), folder, SMALL, progress=stop_at_six)
    # not from the first step again
    assert steps[6] > 1
    assert steps[-1] == 8
    assert losses
    assert (folder / "model.safetensors").is_file()
    assert not list(tmp_path.glob("*.unfinished"))
    assert not list(folder.rglob("*.bin"))


def test_without_a_triple_nothing_is_trained(start, tmp_path):
    with pytest.raises(SettingsError, match="nothing to learn from"):
        train_encoder(start, [], tmp_path / "trained", SMALL)


def test_an_encoder_learns_is_measured_on_others_and_kept_with_its_mark(start, workspace, monkeypatch):
    monkeypatch.setattr(encoder_system, "find_model", lambda name: start)
    experiment = numbers_world(workspace)
    # untrained, too, it is the small one
    experiment = replace(experiment, settings=replace(experiment.settings, dense_model=str(start)))
    told: list[str] = []
    how = replace(SMALL, epochs=6)
    found = encoder_system.train_encoder_system(
        Pipeline(workspace), experiment, settings=how, progress=lambda done, total, said="": told.append(said)
    )
    assert json.loads(json.dumps(found)) == found
    assert (len(found["qids"]), found["held"]) == (22, 8)
    assert found["losses"][-1][1] < found["losses"][0][1]
    assert any("held-out nDCG@10" in said for said in told)
    assert {row["name"] for row in found["rows"]} >= {
        "trained encoder with BM25", "trained encoder alone", "tuned first stage", "untrained encoder alone",
    }  # fmt: skip
    card = (Path(found["folder"]) / "README.md").read_text()
    assert "license: apache-2.0" in card
    assert found["data"]["data_hash"] in card
    assert found["sentence"] in card
    again = encoder_system.train_encoder_system(Pipeline(workspace), experiment, settings=how)
    assert again["rows"] == found["rows"]
    kept = save_encoder(workspace, found, "ours", "numbers")
    assert dense_models(workspace)["ours"].name == found["folder"]
    settings = replace(experiment.settings, retrievers=("dense",), dense_model=found["folder"])
    view = Experiment.of(workspace, "numbers", ["first-stage", kept], settings=settings)
    with workspace.open() as db:
        queries = datasets.get_queries(db, view.dataset.id)
    # as first stage and as reranker alike; what was held out is not marked
    assert chosen_on_queries(view, queries) == {"first-stage": 22, "ours": 22}
    stored = Pipeline(workspace).rank(view, queries[0], get_system(workspace, kept))
    assert stored.error == ""
    assert np.isfinite([doc.score for doc in stored.ranking.docs]).all()


def test_a_model_that_is_gone_is_said(workspace, tmp_path):
    with pytest.raises(SettingsError, match="train it again"):
        save_encoder(workspace, {"folder": str(tmp_path / "gone"), "qids": []}, "ours", "numbers")
