"""Vectors of texts and of their tokens through the engine are the library's own; what it does not know, it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rerank_core.inference.device import cpu_abilities
from rerank_core.inference.encoders import attention
from rerank_core.inference.encoders.body_weights import read_body
from rerank_core.inference.encoders.openvino_encoder import OpenVinoTokens
from rerank_core.inference.encoders.torch_encoder import TorchTokens
from rerank_core.inference.texts import term_weights as terms_module
from rerank_core.inference.texts import text_engine as engine_module
from rerank_core.inference.texts.text_engine import LibraryTexts, TextEngine, open_texts, unit_vectors, vectors
from rerank_core.inference.texts.text_tokens import TextTokens

TEXTS = [
    "Terns dive for small fish near the coast.",
    "",
    " \t odd\u00a0 white \n\n space ",
    "w" * 3_000,
    "A kestrel hovers over fields and hunts voles. " * 40,
    "<pad> [PAD] </s> [SEP] in the middle <pad> of a text",
    "fish",
    "Otters eat fish and live beside rivers, yes.",
    "Puffins nest in burrows on cliffs, no trees there. " * 5,
]


def dense(folder: Path, *, mode: str = "mean", most: int = 256, prompt: str | None = None, extra: tuple = ()):
    """A SentenceTransformer around the encoder of a tiny classifier."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    torch.manual_seed(2)
    body = Transformer(str(folder))
    body.max_seq_length = most
    modules = [body, Pooling(32, mode, include_prompt=prompt is None), *extra]
    return SentenceTransformer(modules=modules, device="cpu", prompts={"query": prompt} if prompt else None).eval()


def late(folder: Path):
    from sentence_transformers import MultiVectorEncoder

    return MultiVectorEncoder(str(folder), device="cpu", local_files_only=True).eval()


def unit(run, texts: list[str], task: str, prompt: str | None = None, dimensions: int | None = None) -> np.ndarray:
    return unit_vectors(vectors(run, texts, task, "sentence_embedding", prompt), dimensions)


def splade(body, **options):
    """A SparseEncoder around a tiny masked language model; its logits are made large enough to have weights."""
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    transformer = Transformer(str(body), transformer_task="fill-mask")
    transformer.max_seq_length = 200
    return SparseEncoder(modules=[transformer, SpladePooling(**options)], device="cpu").eval()


def masked_lm(folder: Path, place: Path, kind: str) -> Path:
    """The folder of a tiny classifier as a masked language model, with random weights of its own for the head."""
    import torch
    import transformers

    from tests.rerankers.conftest import save

    torch.manual_seed(4)
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))
    return save(place, getattr(transformers, f"{kind}ForMaskedLM").from_pretrained(str(folder)), tokenizer)


def assert_same(model, precision: str = "exact", output: str = "sentence_embedding", abs: float = 1e-5) -> TextEngine:
    """The engine's vectors of all texts are those that the library gave before; returns the engine."""
    plain = {"convert_to_sparse_tensor": False} if type(model).__name__ == "SparseEncoder" else {}
    wanted = {
        task: [np.asarray(one) for one in getattr(model, f"encode_{task}")(TEXTS, batch_size=4, **plain)]
        for task in ("query", "document")
    }
    engine = open_texts(model, precision, "cpu", output)
    assert isinstance(engine, TextEngine), engine.note
    for task, expected in wanted.items():
        for made, one in zip(vectors(engine, TEXTS, task, output), expected, strict=True):
            assert made.numpy() == pytest.approx(one, abs=abs)
    return engine


@pytest.mark.parametrize("mode", ["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"])
def test_pooled_vectors_are_the_librarys(bert_folder: Path, mode: str) -> None:
    assert_same(dense(bert_folder, mode=mode))


@pytest.mark.parametrize("most", [5, 37, 200])
def test_positions_of_xlm_r_begin_after_the_padding_and_skip_it(xlmr_folder: Path, most: int) -> None:
    assert_same(dense(xlmr_folder, most=most))


def test_a_dense_layer_and_a_layer_norm_after_pooling_stay_the_models_own(bert_folder: Path) -> None:
    import torch
    from sentence_transformers.base.modules import Dense, Normalize
    from sentence_transformers.sentence_transformer.modules import LayerNorm

    assert_same(
        dense(bert_folder, extra=(Dense(32, 8, activation_function=torch.nn.Tanh()), LayerNorm(8), Normalize()))
    )


def test_a_prompt_goes_before_queries_only_and_is_left_out_of_the_mean_where_the_model_says_so(bert_folder) -> None:
    engine = assert_same(dense(bert_folder, prompt="look for fish: "))
    plain, prompted = (unit(engine, TEXTS[:1], task) for task in ("document", "query"))
    assert np.abs(plain - prompted).max() > 1e-3
    # a prompt that is given takes the place of the model's own
    assert unit(engine, TEXTS[:1], "query", "") == pytest.approx(plain, abs=1e-6)


def test_unit_vectors_are_those_of_the_bundled_model_whatever_runs_at_once(monkeypatch) -> None:
    from sentence_transformers import SentenceTransformer

    from tests.rerankers.conftest import bundled

    def model():
        return SentenceTransformer(str(bundled()), device="cpu", local_files_only=True)

    wanted = model().encode(TEXTS, normalize_embeddings=True)
    for streams in (1, 3):
        monkeypatch.setattr("torch.get_num_threads", lambda streams=streams: streams)
        engine = open_texts(model(), "exact", "cpu", "sentence_embedding")
        assert f"{streams} pack" in engine.description
        found = unit(engine, TEXTS, "document")
        assert found.dtype == np.float32
        assert found == pytest.approx(wanted, abs=1e-5)
    assert unit(engine, [], "document").shape[0] == 0
    # a model that was trained to be cut: the first values, at length 1
    short = unit(engine, TEXTS, "document", dimensions=16)
    assert short == pytest.approx(wanted[:, :16] / np.linalg.norm(wanted[:, :16], axis=1, keepdims=True), abs=1e-5)


def test_more_texts_than_are_tokenized_at_once_come_back_in_their_order(bert_folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(engine_module, "_AT_ONCE", 4)
    model = dense(bert_folder)
    wanted = model.encode(TEXTS, normalize_embeddings=True)
    engine = open_texts(model, "exact", "cpu", "sentence_embedding")
    assert unit(engine, TEXTS, "document") == pytest.approx(wanted, abs=1e-5)


def test_token_vectors_of_a_colbert_are_the_librarys_without_its_skipped_signs(colbert_folder: Path) -> None:
    assert_same(late(colbert_folder), output="token_embeddings")


def test_queries_of_a_colbert_are_filled_up_by_tokens_that_nothing_attends_to(colbert_folder: Path) -> None:
    engine = assert_same(late(colbert_folder), output="token_embeddings")
    assert [len(rows) for rows in vectors(engine, ["fish", ""], "query", "token_embeddings")] == [32, 32]


@pytest.mark.parametrize(("kind", "fixture"), [("Bert", "bert_folder"), ("XLMRoberta", "xlmr_folder")])
@pytest.mark.parametrize("piece", [7, 256])
def test_weights_of_terms_are_the_librarys_whatever_is_in_memory_at_once(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch, kind: str, fixture: str, piece: int
) -> None:
    monkeypatch.setattr(terms_module, "_PIECE", piece)
    folder = masked_lm(request.getfixturevalue(fixture), tmp_path, kind)
    for activation in ("relu", "log1p_relu"):
        engine = assert_same(splade(folder, activation_function=activation))
    assert float(vectors(engine, TEXTS[:1], "document", "sentence_embedding")[0].max()) > 0.1


def test_weights_that_are_summed_are_left_to_the_library(bert_folder: Path, tmp_path: Path) -> None:
    model = splade(masked_lm(bert_folder, tmp_path, "Bert"), pooling_strategy="sum")
    wanted = model.encode_document(TEXTS, convert_to_sparse_tensor=False)
    run = open_texts(model, "exact", "cpu", "sentence_embedding")
    assert run.note.endswith("its terms' weights are pooled by sum")
    for made, one in zip(vectors(run, TEXTS, "document", "sentence_embedding"), wanted, strict=True):
        assert made.numpy() == pytest.approx(one.numpy(), abs=1e-4)


def test_fast_vectors_point_the_same_way(bert_folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from tests.rerankers.conftest import bundled

    model = SentenceTransformer(str(bundled()), device="cpu", local_files_only=True)
    wanted = model.encode(TEXTS, normalize_embeddings=True)
    engine = open_texts(model, "fast", "cpu", "sentence_embedding")
    found = unit(engine, TEXTS, "document")
    assert (found * wanted).sum(axis=1).min() >= 0.998
    if cpu_abilities().bfloat16:
        assert engine.note == ""
        assert np.abs(found - wanted).max() > 1e-5
    else:
        assert "computed as exact" in engine.note


def test_bfloat16_in_torch_points_the_same_way(bert_folder: Path) -> None:
    model = dense(bert_folder)
    texts = TextTokens(model).texts(TEXTS, "document", ())
    exact, fast = (TorchTokens(read_body(model[0].model), kind, "cpu")(texts) for kind in ("float32", "bfloat16"))
    for one, other in zip(exact, fast, strict=True):
        assert other.dtype == one.dtype
        assert float((one.mean(dim=0) - other.mean(dim=0)).abs().max()) < 0.05


def test_openvino_and_masked_attention_give_the_same_token_vectors(xlmr_folder: Path) -> None:
    model = dense(xlmr_folder)
    weights, texts = read_body(model[0].model), TextTokens(model).texts(TEXTS, "document", ())
    exact = TorchTokens(weights, "float32", "cpu")
    wanted = [rows.numpy() for rows in exact(texts)]
    exact._attend, exact._fills_up = attention.padded, False
    ways = {"masked": exact}
    if cpu_abilities().openvino:
        ways["openvino"] = OpenVinoTokens(weights, "float32", 1)
    for name, way in ways.items():
        for made, one in zip(way(texts), wanted, strict=True):
            assert made.numpy() == pytest.approx(one, abs=2e-5), name


def test_a_module_that_is_not_known_is_left_to_the_library_which_says_why(bert_folder: Path) -> None:
    from sentence_transformers.sentence_transformer.modules import CNN

    model = dense(bert_folder)
    model.insert(1, CNN(32, 32, kernel_sizes=[1]))
    wanted = model.encode(TEXTS, normalize_embeddings=True)
    run = open_texts(model, "exact", "cpu", "sentence_embedding")
    assert isinstance(run, LibraryTexts)
    assert run.note == "run by the library, not by the fast engine: its module CNN is not known"
    assert unit(run, TEXTS, "document") == pytest.approx(wanted, abs=1e-5)


def test_a_model_that_answers_otherwise_than_its_weights_say_is_left_to_the_library(bert_folder: Path) -> None:
    model = dense(bert_folder)
    inner = model[0].model

    class Doubled(type(inner)):
        def forward(self, *args, **kwargs):
            found = super().forward(*args, **kwargs)
            found["last_hidden_state"] = found.last_hidden_state * 2
            return found

    Doubled.__name__ = type(inner).__name__
    inner.__class__ = Doubled
    wanted = model.encode(TEXTS)
    run = open_texts(model, "exact", "cpu", "sentence_embedding")
    assert "differ from the model's own" in run.note
    assert np.stack(vectors(run, TEXTS, "document", "sentence_embedding")) == pytest.approx(wanted, abs=1e-5)


def test_weights_of_16_bits_are_left_to_the_library_as_what_is_kept_was_made_so(bert_folder: Path) -> None:
    model = dense(bert_folder).bfloat16()
    run = open_texts(model, "exact", "cpu", "sentence_embedding")
    assert run.note.endswith("its weights are bfloat16")
    assert unit(run, TEXTS[:2], "document").dtype == np.float32
