"""What one family promises beyond the contract: its numbers are those of the library or of the formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.passage_memory import VectorMemory
from tests.support.flag_folders import need_flag

QUERY = "who eats fish"
TEXTS = ["Terns dive for small fish.", "A kestrel hunts voles.", "Otters eat fish beside rivers. " * 20, ""]


def test_a_cross_encoder_gives_the_raw_logits_of_the_library(bert_folder) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(bert_folder), device="cpu", local_files_only=True, max_length=512)
    expected = model.predict([(QUERY, text) for text in TEXTS], activation_fn=torch.nn.Identity())
    assert load(model_from_name("cross-encoder", str(bert_folder)), device="cpu").score(QUERY, TEXTS) == pytest.approx(
        [float(score) for score in expected], abs=1e-5
    )


def test_a_maximum_length_is_kept_and_reported(bert_folder) -> None:
    short = load(model_from_name("cross-encoder", str(bert_folder)), {"max_length": 32}, device="cpu")
    # 32 less [CLS] [SEP] [SEP] and the three words of the query leave 26
    assert short.limit.tokens_cut(QUERY, ["fish " * 30]) == [30 - (32 - 3 - 3)]
    same = "fish " * 26
    assert short.score(QUERY, [same + "otter"]) == pytest.approx(short.score(QUERY, [same + "voles"]), abs=1e-6)


def test_xlm_r_sees_two_positions_less_than_its_table_has(xlmr_folder) -> None:
    assert load(model_from_name("cross-encoder", str(xlmr_folder)), device="cpu").limit.max_tokens == 514 - 2


def test_a_language_model_is_refused_as_a_cross_encoder_and_told_its_family(qwen3_folder) -> None:
    with pytest.raises(RerankLensError, match="yes-no"):
        load(model_from_name("cross-encoder", str(qwen3_folder)), device="cpu")


def test_a_classifier_of_several_labels_is_refused(tiny) -> None:
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from rerank_core.rerankers.catalogue.local_folder import folder_of

    tokenizer = AutoTokenizer.from_pretrained(str(folder_of(get("minilm-cosine"))))
    config = BertConfig(
        vocab_size=len(tokenizer),
        num_labels=3,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertForSequenceClassification(config).save_pretrained(tiny / "three")
    tokenizer.save_pretrained(tiny / "three")
    with pytest.raises(RerankLensError, match="3 scores"):
        load(model_from_name("cross-encoder", str(tiny / "three")), device="cpu")


def test_cosine_is_the_cosine_of_the_bundled_model() -> None:
    from sentence_transformers import SentenceTransformer

    from rerank_core.rerankers.catalogue.local_folder import folder_of

    model = SentenceTransformer(str(folder_of(get("minilm-cosine"))), device="cpu", local_files_only=True)
    query, *texts = model.encode([QUERY, *TEXTS])
    # passages are kept in half precision
    texts = [text.astype(np.float16).astype(np.float32) for text in texts]
    cosines = [query @ text / (np.linalg.norm(query) * np.linalg.norm(text)) for text in texts]
    assert load(get("minilm-cosine"), device="cpu").score(QUERY, TEXTS) == pytest.approx(cosines, abs=3e-6)


def test_maxsim_is_the_sum_of_the_best_cosines_of_the_bundled_models_tokens() -> None:
    from sentence_transformers import SentenceTransformer

    from rerank_core.rerankers.catalogue.local_folder import folder_of

    model = SentenceTransformer(str(folder_of(get("minilm-cosine"))), device="cpu", local_files_only=True)
    vectors = [
        rows.numpy() / np.linalg.norm(rows.numpy(), axis=1, keepdims=True)
        for rows in model.encode([QUERY, *TEXTS], output_value="token_embeddings")
    ]
    query, *texts = vectors
    texts = [text.astype(np.float16).astype(np.float32) for text in texts]
    expected = [float((query @ text.T).max(axis=1).sum()) for text in texts]
    assert load(get("minilm-maxsim"), device="cpu").score(QUERY, TEXTS) == pytest.approx(expected, abs=1e-4)


def test_the_rows_of_an_alignment_add_up_to_the_score() -> None:
    scorer = load(get("minilm-maxsim"), device="cpu")
    aligned = scorer.align(QUERY, TEXTS[0])
    assert aligned.query_tokens == ("[CLS]", "who", "eats", "fish", "[SEP]")
    assert aligned.text_tokens[:3] == ("[CLS]", "ter", "##ns")
    assert {len(row) for row in aligned.similarities} == {len(aligned.text_tokens)}
    assert math.fsum(map(max, aligned.similarities)) == pytest.approx(scorer.score(QUERY, [TEXTS[0]])[0], abs=1e-5)


def test_colbert_reads_its_lengths_from_its_own_metadata(colbert_folder) -> None:
    scorer = load(model_from_name("late-interaction", str(colbert_folder)), device="cpu")
    assert scorer.limit.max_tokens == 180
    # queries are filled up to 32 tokens with [MASK]
    assert len(scorer.align(QUERY, TEXTS[0]).query_tokens) == 32


def test_a_late_interaction_model_reads_beyond_the_length_it_was_trained_with_where_asked(reference_folder) -> None:
    model = model_from_name("late-interaction", str(reference_folder("pylate")))
    scorer = {length: load(model, {"max_length": length}, device="cpu") for length in (None, 48, 200, 131072)}
    # its files say 64, marker included; 512 is all that its table of positions has
    assert {length: one.limit.max_tokens for length, one in scorer.items()} == {None: 64, 48: 48, 200: 200, 131072: 512}
    text = " ".join(["fish"] * 150)
    # [CLS], the marker [D] and [SEP] are not the passage's
    assert scorer[None].limit.tokens_cut(QUERY, [text]) == [150 - (64 - 3)]
    assert scorer[200].limit.tokens_cut(QUERY, [text]) == [0]
    same = " ".join(["fish"] * 61)
    assert scorer[None].score(QUERY, [text]) == pytest.approx(scorer[None].score(QUERY, [f"{same} otter"]), abs=1e-5)
    assert scorer[200].score(QUERY, [text]) != pytest.approx(scorer[200].score(QUERY, [f"{same} otter"]), abs=1e-5)


def test_the_terms_of_a_sparse_score_add_up_to_it(splade_folder) -> None:
    scorer = load(model_from_name("sparse", str(splade_folder)), device="cpu")
    terms = scorer.contributions(QUERY, TEXTS[0])
    assert terms
    assert math.fsum(value for _, value in terms) == pytest.approx(scorer.score(QUERY, [TEXTS[0]])[0], rel=1e-4)
    assert [value for _, value in terms] == sorted((value for _, value in terms), reverse=True)


@pytest.mark.parametrize("folder", ["bert_folder", "xlmr_folder"])
def test_flag_agrees_with_the_cross_encoder_on_ordinary_text(request: pytest.FixtureRequest, folder: str) -> None:
    need_flag()
    place = str(request.getfixturevalue(folder))
    one, other = (load(model_from_name(family, place), device="cpu") for family in ("flag", "cross-encoder"))
    assert one.score(QUERY, TEXTS[:3]) == pytest.approx(other.score(QUERY, TEXTS[:3]), abs=1e-4)


def test_an_error_of_a_flag_model_ends_in_an_error_and_not_in_endless_tries(bert_folder) -> None:
    need_flag()
    scorer = load(model_from_name("flag", str(bert_folder)), device="cpu")
    weights = scorer._reranker.model.bert.embeddings.word_embeddings
    weights.weight.data = weights.weight.data[:, :7]
    with pytest.raises(RerankLensError, match="the model failed"):
        scorer.score(QUERY, TEXTS[:2])


def test_passages_are_encoded_once_and_the_longest_unused_is_forgotten() -> None:
    asked: list[str] = []

    def encode(texts: list[str]) -> list[bytes]:
        asked.extend(texts)
        return [text.encode() for text in texts]

    memory = VectorMemory(encode, len, max_bytes=2)
    assert memory.vectors(["a", "b", "a"]) == [b"a", b"b", b"a"]
    assert asked == ["a", "b"]
    memory.vectors(["a"])
    memory.vectors(["c"])
    assert memory.vectors(["a"]) == [b"a"]
    assert asked == ["a", "b", "c"]
    memory.vectors(["b"])
    assert asked == ["a", "b", "c", "b"]
    # more than fits at once is still answered in full
    assert memory.vectors(["x", "y", "z"]) == [b"x", b"y", b"z"]
