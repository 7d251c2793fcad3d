"""Jina's XLM-R: the names of its weights. Its scores are held to its authors' code in `test_reference_scores`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.scored_by import ENGINE, scored_by
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.xlm_r_flash import is_flash, renamed
from tests.rerankers.reference.inputs import QUERIES, TEXTS

NAMES = {
    "embeddings.LayerNorm": "emb_ln",
    "encoder.layer.": "encoder.layers.",
    "attention.output.dense": "mixer.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
    "output.LayerNorm": "norm2",
}


def scorer(folder: Path, **settings):
    return load(model_from_name("cross-encoder", str(folder)), settings, device="cpu")


@pytest.fixture
def copy(reference_folder, tmp_path: Path):
    """A copy of the tiny Jina, with a changed configuration or changed weights."""
    from safetensors.torch import load_file, save_file

    def changed(config: dict | None = None, weights=lambda weights: weights) -> Path:
        folder = tmp_path / "jina"
        shutil.copytree(reference_folder("jina"), folder)
        before = json.loads((folder / "config.json").read_text("utf-8"))
        (folder / "config.json").write_text(json.dumps(before | (config or {})), "utf-8")
        save_file(weights(load_file(folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"})
        return folder

    return changed


def test_an_xlm_r_under_jinas_names_scores_as_it_does_under_its_own(reference_folder, copy) -> None:
    import torch
    from safetensors.torch import load_file

    plain = load_file(reference_folder("xlm_r") / "model.safetensors")

    def under_jinas_names(_):
        joined = {}
        for name in [name for name in plain if ".self.query." in name]:
            parts = [plain[name.replace("query", part)] for part in ("query", "key", "value")]
            joined[name.replace("attention.self.query", "mixer.Wqkv")] = torch.cat(parts)
        weights = joined | {name: value for name, value in plain.items() if ".self." not in name}
        for ours, theirs in NAMES.items():
            weights = {name.replace(ours, theirs): value for name, value in weights.items()}
        return weights

    folder, texts = copy(weights=under_jinas_names), list(TEXTS.values())
    for query in QUERIES.values():
        expected = scorer(reference_folder("xlm_r")).score(query, texts)
        assert scorer(folder).score(query, texts) == pytest.approx(expected, abs=1e-5)


def test_queries_keys_and_values_lie_in_this_order_and_other_names_stay() -> None:
    import torch

    stem = "roberta.encoder.layer.11.attention.self"
    other = {"classifier.dense.bias": torch.arange(3)}
    found = renamed({"roberta.encoder.layers.11.mixer.Wqkv.bias": torch.arange(6), **other})
    assert {name: value.tolist() for name, value in found.items()} == {
        f"{stem}.query.bias": [0, 1],
        f"{stem}.key.bias": [2, 3],
        f"{stem}.value.bias": [4, 5],
        "classifier.dense.bias": [0, 1, 2],
    }


def test_weights_may_be_pytorchs_own_or_half_as_long(reference_folder, copy) -> None:
    import torch
    from safetensors.torch import load_file

    expected = scorer(reference_folder("jina")).score(QUERIES["ordinary"], list(TEXTS.values()))
    folder = copy(weights=lambda weights: {name: value.bfloat16() for name, value in weights.items()})
    half = scorer(folder).score(QUERIES["ordinary"], list(TEXTS.values()))
    assert half == pytest.approx(expected, abs=0.1)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert scorer(folder).score(QUERIES["ordinary"], list(TEXTS.values())) == half


def test_its_own_code_is_never_run_and_the_engine_scores_it(copy, tmp_path: Path) -> None:
    folder = copy()
    for name in ("configuration_xlm_roberta.py", "modeling_xlm_roberta.py"):
        (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nraise SystemExit('ran')\n", "utf-8")
    for trusted in (False, True):
        ours = scorer(folder, trust_remote_code=trusted)
        assert len(ours.score("who", list(TEXTS.values()))) == len(TEXTS)
    assert not (tmp_path / "ran").exists()
    assert ours.runs_as.startswith("exact: float32")
    assert scored_by(model_from_name("cross-encoder", str(folder))) == ENGINE
    assert not get("jina-reranker-v2-base-multilingual").trust_remote_code


def test_two_positions_stand_before_the_first(copy) -> None:
    # as the real one: 1,026 positions are 1,024 tokens
    assert scorer(copy()).limit.max_tokens == 514 - 2


def without(name: str):
    return lambda weights: {key: value for key, value in weights.items() if key != name}


@pytest.mark.parametrize(
    ("config", "weights", "told"),
    [
        ({"position_embedding_type": "rotary"}, dict, "turns its positions"),
        ({"id2label": {"0": "a", "1": "b", "2": "c"}}, dict, "of other shapes"),
        ({"hidden_act": "silu"}, dict, "its activation is silu"),
        ({}, without("roberta.encoder.layers.1.mlp.fc1.bias"), r"lacks 1 .*layer\.1\.intermediate\.dense\.bias"),
        ({}, without("roberta.encoder.layers.0.mixer.Wqkv.weight"), r"lacks 3 .*layer\.0\.attention\.self\.key"),
        ({}, without("classifier.out_proj.weight"), r"lacks 1 .*classifier\.out_proj"),
        ({}, lambda old: old | {"lora_A": old["classifier.dense.bias"].clone()}, "1 weights .* such as lora_A"),
    ],
)  # fmt: skip
def test_another_network_is_refused_and_never_scored_at_random(copy, config: dict, weights, told: str) -> None:
    with pytest.raises(RerankLensError, match=told):
        scorer(copy(config, weights))


@pytest.mark.parametrize(
    ("config", "flash"),
    [
        ({"auto_map": {"AutoConfig": "jinaai/xlm-roberta-flash-implementation--configuration_xlm_roberta."
                       "XLMRobertaFlashConfig"}, "architectures": ["XLMRobertaForSequenceClassification"]}, True),
        # jina-embeddings-v3
        ({"auto_map": {"AutoConfig": "a--b.XLMRobertaFlashConfig"}, "architectures": ["XLMRobertaModel"]}, False),
        ({"model_type": "xlm-roberta", "architectures": ["XLMRobertaForSequenceClassification"]}, False),
        ({"auto_map": None, "architectures": None}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_only_a_reranker_in_these_names_is_read_here(config: dict, flash: bool) -> None:
    assert is_flash(config) is flash
