"""The table of facts: what each row says, and that the counts of parameters are those of the architectures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.rerankers.catalogue.catalog import catalog, get
from rerank_core.rerankers.catalogue.facts import ELSEWHERE, UNKNOWN, facts, markdown_table, readable_count

HEAD = markdown_table().splitlines()[0].strip("| ").split(" | ")


def told(model) -> dict[str, str]:
    return dict(zip(HEAD, facts(model), strict=True))


def test_the_table_has_the_facts_that_people_choose_by() -> None:
    assert HEAD == [
        "Reranker", "Parameters", "Max tokens", "Languages", "Licence", "Hosting", "Score", "Cost", "Memory at fp16",
        "Download", "Card",
    ]  # fmt: skip


def test_the_table_has_one_line_a_row_in_the_catalogues_order() -> None:
    lines = markdown_table().splitlines()
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == [model.label for model in catalog()]
    assert {line.count("|") for line in lines} == {len(HEAD) + 1}
    assert len({model.label for model in catalog()}) == len(catalog())


def test_a_local_row_tells_its_sizes() -> None:
    row = told(get("bge-reranker-v2-minicpm-layerwise"))
    # 2,724,956,928 weights of two bytes; four bytes each on the hub
    assert (row["Parameters"], row["Memory at fp16"], row["Download"]) == ("2.7B", "5.4 GB", "10.9 GB")
    assert row["Card"] == "[card](https://huggingface.co/BAAI/bge-reranker-v2-minicpm-layerwise)"


def test_a_service_takes_no_memory_and_no_download_here() -> None:
    row = told(replace(get("bge-reranker-v2-m3"), hosting="api"))
    assert (row["Memory at fp16"], row["Download"]) == (ELSEWHERE, ELSEWHERE)


def test_a_price_is_told_once() -> None:
    model = get("bge-reranker-v2-m3")
    assert told(replace(model, cost="by use", price_per_1000=2.0))["Cost"] == "by use, $2 per 1,000 searches"
    assert told(replace(model, cost="$2 per 1,000 units", price_per_1000=2.0))["Cost"] == "$2 per 1,000 units"


def test_what_nobody_told_is_said_to_be_not_known() -> None:
    row = told(replace(get("bge-reranker-v2-m3"), parameters=None, licence=None, max_tokens=None, languages=None))
    assert {row[name] for name in ("Parameters", "Licence", "Max tokens", "Languages", "Memory at fp16")} == {UNKNOWN}


def test_a_bar_in_a_fact_does_not_break_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from rerank_core.rerankers.catalogue import facts as module

    monkeypatch.setattr(module, "catalog", lambda: (replace(get("first-stage"), languages="a|b"),))
    assert {line.count("|") for line in module.markdown_table().splitlines()} == {len(HEAD) + 1}


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (4_386_049, "4.4M"), (999_000_000, "999.0M"), (9_241_831_424, "9.2B")]
)
def test_counts_are_readable(count: int, text: str) -> None:
    assert readable_count(count) == text


def bert(layers: int, hidden: int, inner: int) -> int:
    """BERT's weights, with a classifier of one label: 30,522 words, 512 positions, 2 segments."""
    embeddings = (30_522 + 512 + 2) * hidden + 2 * hidden
    layer = 4 * (hidden * hidden + hidden) + (hidden * inner + inner) + (inner * hidden + hidden) + 4 * hidden
    return embeddings + layers * layer + (hidden * hidden + hidden) + (hidden + 1)


def decoder(words: int, hidden: int, layers: int, inner: int, queries: int, keys: int, norms: int) -> int:
    """A gated decoder's weights without biases: queries and outputs, keys and values, three of the gate, norms."""
    return words * hidden + layers * (2 * hidden * queries + 2 * hidden * keys + 3 * hidden * inner + norms) + hidden


def modern_bert(layers: int, hidden: int, inner: int) -> int:
    """ModernBERT's encoder: 50,368 words, no biases; the first layer has no norm before its attention."""
    layer = 4 * hidden * hidden + 3 * hidden * inner + 2 * hidden
    return 50_368 * hidden + hidden + layers * layer - hidden + hidden


def ettin(layers: int, hidden: int, inner: int) -> int:
    """ModernBERT, a dense layer, a LayerNorm with weight and bias, and one score with its bias."""
    return modern_bert(layers, hidden, inner) + hidden * hidden + 2 * hidden + hidden + 1


PARAMETERS = {
    "ms-marco-tinybert-l2-v2": bert(2, 128, 512),
    "ms-marco-minilm-l6-v2": bert(6, 384, 1536),
    "ms-marco-minilm-l12-v2": bert(12, 384, 1536),
    # ColBERT: BERT base with its pooler, and a projection to 128 numbers instead of the classifier
    "colbertv2.0": bert(12, 768, 3072) - (768 + 1) + 768 * 128,
    "flag-bge-reranker-v2-gemma": decoder(256_000, 2048, 18, 16_384, 2048, 256, 2 * 2048),
    # 33 heads, of the layers 8 to 40
    "bge-reranker-v2-minicpm-layerwise": decoder(122_753, 2304, 40, 5760, 2304, 2304, 2 * 2304) + 33 * 2304,
    # 35 heads, of the layers 8 to 42
    "bge-reranker-v2.5-gemma2-lightweight": decoder(256_000, 3584, 42, 14_336, 4096, 2048, 4 * 3584) + 35 * 3584,
    # two norms of the 128 numbers of a head in each layer besides
    "qwen3-reranker-0.6b": decoder(151_669, 1024, 28, 3072, 2048, 1024, 2 * 1024 + 2 * 128),
    # a head of its own beside the words
    "qwen3-reranker-8b": decoder(151_669, 4096, 36, 12_288, 4096, 1024, 2 * 4096 + 2 * 128) + 151_669 * 4096,
    "zerank-2": decoder(151_936, 2560, 36, 9728, 4096, 1024, 2 * 2560 + 2 * 128),
    "ettin-reranker-17m-v1": ettin(7, 256, 384),
    "ettin-reranker-32m-v1": ettin(10, 384, 576),
    "ettin-reranker-68m-v1": ettin(19, 512, 768),
    "ettin-reranker-150m-v1": ettin(22, 768, 1152),
    "ettin-reranker-400m-v1": ettin(28, 1024, 2624),
    "ettin-reranker-1b-v1": ettin(28, 1792, 3840),
    # ModernBERT's own head (dense and norm, no bias) before one score with its bias
    "gte-reranker-modernbert-base": modern_bert(22, 768, 1152) + 768 * 768 + 768 + 768 + 1,
    "granite-embedding-reranker-english-r2": modern_bert(22, 768, 1152) + 768 * 768 + 768 + 768 + 1,
    "lateon": modern_bert(22, 768, 1152) + 768 * 128,
    # biases of queries, keys and values
    "mxbai-rerank-base-v2": decoder(151_936, 896, 24, 4864, 896, 128, 2 * 896 + 896 + 2 * 128),
    "mxbai-rerank-large-v2": decoder(151_936, 1536, 28, 8960, 1536, 256, 2 * 1536 + 1536 + 2 * 256),
}


@pytest.mark.parametrize("model_id", list(PARAMETERS))
def test_parameters_are_those_of_the_architecture(model_id: str) -> None:
    assert get(model_id).parameters == PARAMETERS[model_id]


DOWNLOADED = [model for model in catalog() if model.hosting == "local" and model.download_bytes]


@pytest.mark.parametrize("model", DOWNLOADED, ids=lambda model: model.id)
def test_a_download_is_two_or_four_bytes_a_weight(model) -> None:
    bytes_each = model.download_bytes / model.parameters
    assert min(abs(bytes_each - 2), abs(bytes_each - 4)) < 0.05
