"""What a model makes of passages, kept on disk: encoded once for all processes, the same scores bit for bit."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.passage_memory import Kept
from rerank_core.rerankers.local.token_vectors import TYPES, packed, rounded, similarities, unpacked
from rerank_core.store.passages import StoredPassages
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from tests.bench.rerank.world import tau

ROOT = Path(__file__).resolve().parents[3]
QUERY = "who eats fish"
TEXTS = ["Terns dive for small fish.", "A kestrel hunts voles.", "Otters eat fish beside rivers. " * 20, ""]
# name -> (family, fixture of a tiny model or None for the bundled row, settings)
CASES = {
    "minilm-cosine": ("bi-encoder", None, {}),
    "minilm-maxsim": ("late-interaction", None, {}),
    "colbert-float32": ("late-interaction", "colbert_folder", {"token_vectors": "float32"}),
    "colbert-float16": ("late-interaction", "colbert_folder", {}),
    "colbert-int8": ("late-interaction", "colbert_folder", {"token_vectors": "int8"}),
    "splade": ("sparse", "splade_folder", {"max_length": 128}),
}


@pytest.fixture(params=list(CASES))
def opened(request: pytest.FixtureRequest, tmp_path: Path):
    """A function that loads the model as a process of its own would, and counts the texts that it encodes."""
    family, fixture, settings = CASES[request.param]
    model = get(request.param) if fixture is None else model_from_name(family, str(request.getfixturevalue(fixture)))

    def open_it(**more):
        own = {**settings, **more}
        name, workspace = model_key(model, own), Workspace(tmp_path / "workspace.db")
        stores = StoredPassages(workspace.index_folder / "passages"), StoredVectors(workspace)
        scorer = load(model, own, device="cpu", kept=Kept(name, name, *stores))
        encode, asked = scorer._run.encode, []

        def counted(texts, task, *more):
            asked.extend(texts if task == "document" else ())
            return encode(texts, task, *more)

        scorer._run.encode = counted
        return scorer, asked

    return open_it


def test_another_process_encodes_no_passage_and_scores_the_same(opened) -> None:
    first, asked = opened()
    fresh = first.score(QUERY, TEXTS)
    assert asked == TEXTS
    second, asked_again = opened()
    assert second.score(QUERY, TEXTS) == fresh
    assert first.score(QUERY, TEXTS) == fresh
    assert second.score(QUERY, TEXTS[1:]) == fresh[1:]
    assert (asked_again, len(asked)) == ([], len(TEXTS))


def test_only_a_changed_text_is_encoded(opened) -> None:
    opened()[0].score(QUERY, TEXTS)
    scorer, asked = opened()
    scorer.score(QUERY, [*TEXTS[:2], TEXTS[2] + "!"])
    assert asked == [TEXTS[2] + "!"]


def test_what_other_settings_made_is_not_taken(opened) -> None:
    opened()[0].score(QUERY, TEXTS)
    scorer, asked = opened(max_length=16)
    scorer.score(QUERY, TEXTS)
    assert asked == TEXTS


def test_scores_are_those_without_a_store(opened, request: pytest.FixtureRequest) -> None:
    family, fixture, settings = CASES[request.node.callspec.params["opened"]]
    model = (
        get(request.node.callspec.params["opened"])
        if fixture is None
        else model_from_name(family, str(request.getfixturevalue(fixture)))
    )
    assert opened()[0].score(QUERY, TEXTS) == load(model, settings, device="cpu").score(QUERY, TEXTS)


@pytest.mark.parametrize("opened", ["colbert-int8", "splade"], indirect=True)
def test_a_store_that_takes_nothing_leaves_memory_to_do_it(opened) -> None:
    scorer, asked = opened()
    scorer._passages._shelf.kept.passages._most_bytes = 0
    assert scorer.score(QUERY, TEXTS) == scorer.score(QUERY, TEXTS)
    assert asked == TEXTS


def test_vectors_that_are_no_numbers_are_refused_and_not_kept(opened) -> None:
    scorer, _ = opened()
    encode = scorer._run.encode
    scorer._run.encode = lambda *asked: [
        {name: values * math.nan if values.is_floating_point() else values for name, values in made.items()}
        for made in encode(*asked)
    ]
    with pytest.raises(RerankLensError, match="no numbers"):
        scorer.score(QUERY, TEXTS[:1])
    healthy, asked = opened()
    assert all(map(math.isfinite, healthy.score(QUERY, TEXTS[:1])))
    assert asked == TEXTS[:1]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("tokens", [0, 1, 5])
def test_token_vectors_come_back_as_they_were_packed(kind: str, tokens: int) -> None:
    import torch

    made = rounded(torch.randn(tokens, 12, generator=torch.Generator().manual_seed(tokens)), kind)
    back = unpacked(np.frombuffer(bytearray(packed(made)), np.uint8), kind)
    assert back.values.dtype == made.values.dtype == getattr(torch, kind)
    assert torch.equal(back.values, made.values)
    assert (back.scales is None) == (made.scales is None) == (kind != "int8")
    assert back.scales is None or torch.equal(back.scales, made.scales)
    assert similarities(torch.ones(2, 12), back).shape == (2, tokens)


def test_int8_moves_a_value_by_half_a_step_of_its_own_token_at_most() -> None:
    import torch

    vectors = torch.tensor([[1.0, -0.5, 0.3], [0.01, 0.004, -0.002], [0.0, 0.0, 0.0]])
    made = rounded(vectors, "int8")
    assert made.values[0].tolist() == [127, round(-0.5 * 127), round(0.3 * 127)]
    back = made.values.float() * made.scales[:, None]
    steps = vectors.abs().amax(dim=1) / 127
    assert torch.all((back - vectors).abs() <= steps[:, None] / 2 + 1e-9)
    assert back[2].tolist() == [0, 0, 0]
    # the unit query against them: the values themselves
    assert torch.allclose(similarities(torch.eye(3), made).T, back)


def test_sixty_demo_passages_drift_no_more_than_the_setting_says() -> None:
    with (ROOT / "data/demo/corpus.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for _, line in zip(range(60), lines, strict=False)]
    with (ROOT / "data/demo/queries.jsonl").open(encoding="utf-8") as lines:
        queries = [json.loads(line)["text"] for _, line in zip(range(8), lines, strict=False)]
    model = get("minilm-maxsim")
    told = next(setting for setting in model.settings if setting.name == "token_vectors").help
    said = dict(zip(("float16", "int8"), re.findall(r"more than ([\d.]+) \D*at least ([\d.]+)\)", told), strict=True))
    assert len(said) == 2
    by_type = {kind: load(model, {"token_vectors": kind}, device="cpu") for kind in TYPES}
    for query in queries:
        scores = {kind: scorer.score(query, texts) for kind, scorer in by_type.items()}
        for kind, (largest, order) in said.items():
            assert np.abs(np.subtract(scores[kind], scores["float32"])).max() <= float(largest)
            assert tau(scores[kind], scores["float32"]) >= float(order)
            # and something is rounded at all
            assert scores[kind] != scores["float32"]


def test_sparse_weights_are_rounded_to_half_precision_and_nothing_else(splade_folder) -> None:
    from sentence_transformers import SparseEncoder

    scorer = load(model_from_name("sparse", str(splade_folder)), device="cpu")
    model = SparseEncoder(str(splade_folder), device="cpu", local_files_only=True)
    query = model.encode_query([QUERY], convert_to_sparse_tensor=False)[0].numpy()
    rows = model.encode_document(TEXTS, convert_to_sparse_tensor=False).numpy()
    expected = [float(query @ row.astype(np.float16).astype(np.float32)) for row in rows]
    assert scorer.score(QUERY, TEXTS) == pytest.approx(expected, rel=1e-5)


def test_the_type_of_token_vectors_is_part_of_the_key_and_the_default_is_float16() -> None:
    model = get("minilm-maxsim")
    keys = {kind: model_key(model, {"token_vectors": kind}) for kind in TYPES}
    assert len(set(keys.values())) == len(TYPES)
    assert keys["float16"] == model_key(model, {})
