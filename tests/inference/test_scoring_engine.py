"""The engine's scores are the library's own; a precision keeps what its name says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rerank_core.inference import engine as engine_module
from rerank_core.inference.device import cpu_abilities
from rerank_core.inference.encoders.encoder_weights import read_weights
from rerank_core.inference.encoders.openvino_encoder import OpenVinoEncoder
from rerank_core.inference.encoders.torch_encoder import TorchEncoder
from rerank_core.inference.engine import open_engine
from rerank_core.inference.pair_tokens import PairTokens, UnknownModelError
from rerank_core.ranking.turns import Turns
from rerank_core.rerankers.catalogue.catalog import model_from_name
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.cross_encoder import EnginePairs, LibraryPairs

QUERY = "who eats fish"
TEXTS = [
    "Terns dive for small fish near the coast.",
    "",
    " \t odd\u00a0 white \n\n space ",
    "w" * 10_000,
    "A kestrel hovers over fields and hunts voles. " * 40,
    "<pad> [PAD] </s> [SEP] in the middle <pad> of a text",
    "Otters eat fish and live beside rivers, yes.",
    "fish " * 2000,
    "yes",
]


def library(folder: Path, most: int | None = None):
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    model.max_seq_length = most or 512
    return model.eval()


def doubled(model):
    """The model, which answers twice what its weights say from now on."""

    class Doubled(type(model)):
        def forward(self, *args, **kwargs):
            found = super().forward(*args, **kwargs)
            found.logits = found.logits * 2
            return found

    Doubled.__name__ = type(model).__name__
    model.__class__ = Doubled
    return model


def predict(model, query: str, texts: list[str]) -> list[float]:
    import torch

    found = model.predict([(query, text) for text in texts], activation_fn=torch.nn.Identity())
    return [float(score) for score in found]


@pytest.fixture(scope="module", params=["bert_folder", "xlmr_folder"])
def folder(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def minilm_folder(tiny: Path) -> Path:
    """The shape and the weights of the bundled MiniLM, with a seeded head in place of one that was trained."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    from tests.rerankers.conftest import bundled, save, wordpiece

    torch.manual_seed(11)
    body = BertModel.from_pretrained(str(bundled()))
    model = BertForSequenceClassification(BertConfig(**{**body.config.to_dict(), "num_labels": 1}))
    model.bert.load_state_dict(body.state_dict(), strict=False)
    return save(tiny / "minilm", model, wordpiece())


@pytest.mark.parametrize("most", [24, 131, 512])
def test_exact_scores_are_those_of_the_librarys_predict(folder: Path, most: int) -> None:
    model = library(folder, most)
    engine = open_engine(model.model, model.tokenizer, most, "exact", "cpu")
    for query in (QUERY, "", "fish " * 300):
        assert engine.score(query, TEXTS) == pytest.approx(predict(model, query, TEXTS), abs=1e-5)


def test_one_pair_and_no_pair(folder: Path) -> None:
    model = library(folder)
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    assert engine.score(QUERY, TEXTS[:1]) == pytest.approx(predict(model, QUERY, TEXTS[:1]), abs=1e-5)
    assert engine.score(QUERY, []) == []


def test_queries_of_two_people_share_packs_and_keep_their_scores(folder: Path, monkeypatch) -> None:
    model = library(folder)
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    alone = {query: engine.score(query, TEXTS[:3]) for query in (QUERY, "voles")}
    turns, run, packs = Turns(), engine._queue._run, []
    free = threading.Event()

    def held(pairs):
        assert free.wait(20)
        packs.append(len(pairs))
        return run(pairs)

    monkeypatch.setattr(engine._queue, "_run", held)

    def ask(query: str) -> list[float]:
        with turns.job(urgent=True):
            return engine.score(query, TEXTS[:3])

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(ask, "first")
        together = {query: threads.submit(ask, query) for query in alone}
        while len(engine._queue._waiting) < 3:
            free.wait(0.005)
        free.set()
        assert len(first.result(20)) == 3
        assert {query: found.result(20) for query, found in together.items()} == {
            query: pytest.approx(scores, abs=1e-5) for query, scores in alone.items()
        }
    assert packs == [3, 6]


def test_the_library_reads_an_engines_family_as_before(folder: Path) -> None:
    model = library(folder)
    scorer = load(model_from_name("cross-encoder", str(folder)), device="cpu")
    assert isinstance(scorer, EnginePairs)
    assert scorer.score(QUERY, TEXTS) == pytest.approx(predict(model, QUERY, TEXTS), abs=1e-5)
    assert scorer.notes() == ()


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_scores_do_not_depend_on_how_many_packs_run_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, streams: int
) -> None:
    monkeypatch.setattr(engine_module, "_threads", lambda: streams)
    model = library(folder)
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    assert engine.streams == streams
    texts = [f"{TEXTS[number % 9]} {number}" for number in range(60)]
    assert engine.score(QUERY, texts) == pytest.approx(predict(model, QUERY, texts), abs=1e-5)


def test_the_original_names_of_the_precisions_are_still_understood(bert_folder: Path) -> None:
    model = model_from_name("cross-encoder", str(bert_folder))
    assert model.checked({"precision": "float32"})["precision"] == "exact"
    assert model.checked({"precision": "bfloat16"})["precision"] == "fast"
    assert model.checked({})["precision"] == "exact"


def test_bfloat16_keeps_the_order_of_a_minilm(minilm_folder: Path, demo_texts: list[str]) -> None:
    from scipy.stats import kendalltau

    exact, fast = (scores(minilm_folder, arithmetic, demo_texts) for arithmetic in ("float32", "bfloat16"))
    assert kendalltau(exact, fast).statistic >= 0.99


def test_int8_is_near_and_not_exact(minilm_folder: Path, demo_texts: list[str]) -> None:
    from scipy.stats import kendalltau

    exact, preview = (scores(minilm_folder, arithmetic, demo_texts) for arithmetic in ("float32", "int8"))
    assert 0.8 <= kendalltau(exact, preview).statistic < 1
    assert np.max(np.abs(np.subtract(exact, preview))) > 1e-4


@pytest.fixture(scope="session")
def demo_texts() -> list[str]:
    import json

    from tests.conftest import ROOT

    lines = (ROOT / "data" / "demo" / "corpus.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"][:400] for line in lines[:40]]


def scores(folder: Path, arithmetic: str, texts: list[str]) -> list[float]:
    model = library(folder)
    pairs = PairTokens(model.tokenizer, 512).pairs("which animals live in rivers", texts)
    return TorchEncoder(read_weights(model.model), arithmetic, "cpu")(pairs)


def test_fast_is_16_bit_where_the_cpu_computes_in_it_and_else_says_that_it_is_exact(bert_folder: Path) -> None:
    scorer = load(model_from_name("cross-encoder", str(bert_folder)), {"precision": "fast"}, device="cpu")
    exact = load(model_from_name("cross-encoder", str(bert_folder)), device="cpu")
    if cpu_abilities().bfloat16:
        assert scorer.notes() == ()
        assert scorer.engine.plan.arithmetic == "bfloat16"
    else:
        assert "computed as exact" in scorer.notes()[0]
        assert scorer.score(QUERY, TEXTS) == exact.score(QUERY, TEXTS)


def test_a_preview_says_what_it_is(bert_folder: Path) -> None:
    scorer = load(model_from_name("cross-encoder", str(bert_folder)), {"precision": "preview"}, device="cpu")
    assert "8 bits" in scorer.notes()[0]
    assert scorer.engine.plan.arithmetic == "int8"


def test_openvino_gives_the_same_scores_in_float32(folder: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    model = library(folder)
    weights, tokens = read_weights(model.model), PairTokens(model.tokenizer, 512)
    for query in (QUERY, ""):
        found = OpenVinoEncoder(weights, "float32", 1)(tokens.pairs(query, TEXTS))
        assert found == pytest.approx(predict(model, query, TEXTS), abs=1e-5)


def test_openvino_with_weights_of_8_bits_is_near(minilm_folder: Path, demo_texts: list[str]) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    from scipy.stats import kendalltau

    model = library(minilm_folder)
    pairs = PairTokens(model.tokenizer, 512).pairs("which animals live in rivers", demo_texts)
    found = OpenVinoEncoder(read_weights(model.model), "int8", 1)(pairs)
    assert 0.9 <= kendalltau(scores(minilm_folder, "float32", demo_texts), found).statistic < 1


def test_masked_attention_for_gpus_gives_the_same_scores(folder: Path) -> None:
    from rerank_core.inference.encoders import attention

    model = library(folder)
    encoder = TorchEncoder(read_weights(model.model), "float32", "cpu")
    encoder._attend, encoder._fills_up = attention.padded, False
    pairs = PairTokens(model.tokenizer, 512).pairs(QUERY, TEXTS)
    assert encoder(pairs) == pytest.approx(predict(model, QUERY, TEXTS), abs=1e-5)


def small(kind: str, **facts):
    import torch
    import transformers

    torch.manual_seed(5)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = getattr(transformers, f"{kind}Config")(num_labels=1, initializer_range=0.3, **(shape | facts))
    return getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("Bert", {"hidden_act": "gelu_new"}),
        ("Bert", {"hidden_act": "relu"}),
        ("Electra", {"embedding_size": 16}),
        ("Electra", {"embedding_size": 32}),
        ("Roberta", {"type_vocab_size": 2, "pad_token_id": 1}),
    ],
)
def test_other_models_of_the_shape_give_their_own_scores(bert_folder: Path, kind: str, facts: dict) -> None:
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(bert_folder))
    model = small(kind, vocab_size=len(tokenizer), **facts)
    engine = open_engine(model, tokenizer, 128, "exact", "cpu")
    encoded = tokenizer([[QUERY, text] for text in TEXTS], truncation="longest_first", max_length=128, padding=True,
                        return_tensors="pt")  # fmt: skip
    with torch.inference_mode():
        wanted = model(**encoded).logits[:, 0].tolist()
    assert engine.score(QUERY, TEXTS) == pytest.approx(wanted, abs=1e-5)


def test_a_model_of_another_shape_goes_through_the_library_and_says_why(tiny: Path, bert_folder: Path) -> None:
    from transformers import AlbertConfig, AlbertForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(bert_folder))
    shape = {"embedding_size": 16, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 32}
    config = AlbertConfig(vocab_size=len(tokenizer), num_hidden_layers=1, num_labels=1, **shape)
    other = tiny / "albert"
    AlbertForSequenceClassification(config).save_pretrained(other)
    tokenizer.save_pretrained(other)
    scorer = load(model_from_name("cross-encoder", str(other)), {"precision": "preview"}, device="cpu")
    assert isinstance(scorer, LibraryPairs)
    assert "AlbertForSequenceClassification is not of BERT's, XLM-R's or ModernBERT's shape" in scorer.notes()[0]
    assert scorer.score(QUERY, TEXTS[:2]) == pytest.approx(predict(library(other), QUERY, TEXTS[:2]), abs=1e-5)


def test_a_model_that_answers_otherwise_than_its_weights_say_is_refused(bert_folder: Path) -> None:
    import torch

    model = library(bert_folder)
    inner = doubled(model.model)
    with torch.inference_mode(), pytest.raises(UnknownModelError, match="differ from the model's own"):
        open_engine(inner, model.tokenizer, 512, "exact", "cpu")


def test_a_kind_of_activation_that_is_not_known_is_named(bert_folder: Path) -> None:
    with pytest.raises(UnknownModelError, match="silu"):
        read_weights(small("Bert", vocab_size=100, hidden_act="silu"))


def test_a_chunk_is_about_a_seconds_work(bert_folder: Path) -> None:
    model = library(bert_folder)
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    assert 4 <= engine.chunk <= 64
