"""The runner that is fastest on this machine, timed once, kept, and pinned where somebody wants that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rerank_core.errors import SettingsError
from rerank_core.inference.choice import runners
from rerank_core.inference.choice.runners import chosen
from rerank_core.inference.encoders.body_weights import read_body
from rerank_core.inference.encoders.modern_weights import read_modern
from rerank_core.inference.precision import Abilities, plan

HERE = Abilities("cpu", bfloat16=True, int8_dot=True, openvino=True, amd_avx512=True, onednn=True)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, nothing known in this process, and nothing pinned."""
    monkeypatch.setenv("RERANK_LENS_CACHE", str(tmp_path))
    monkeypatch.delenv("RERANK_LENS_RUNNER")
    monkeypatch.setattr(runners, "_known", {})
    return tmp_path / "runners.json"


@pytest.fixture(scope="module")
def bert():
    return tiny("Bert")


def tiny(kind: str, **facts):
    import torch
    import transformers

    torch.manual_seed(3)
    shape = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    config = getattr(transformers, f"{kind}Config")(**{**shape, "vocab_size": 90, "pad_token_id": 1, **facts})
    model = getattr(transformers, f"{kind}Model")(config)
    return read_modern(model) if kind == "ModernBert" else read_body(model)


def made_up(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> list[list[str]]:
    """Instead of timing: the seconds of each runner. Returns the list of what was timed."""
    timed: list[list[str]] = []

    def least(works, budget):
        timed.append(list(works))
        return {name: seconds[name] for name in works}

    monkeypatch.setattr(runners, "least_seconds", least)
    return timed


def names(plans) -> list[str]:
    return [one.runner for one in plans]


def test_the_fastest_comes_first_and_the_rates_of_all_are_said(bert, monkeypatch) -> None:
    made_up(monkeypatch, torch=3.0, onednn=2.0, openvino=1.0)
    found = chosen(bert, plan("exact", HERE), HERE, 1)
    assert names(found) == ["openvino", "onednn", "torch"]
    assert found[0].description == "exact: float32 by OpenVINO"
    assert found[0].chosen.startswith("chosen by timing on this machine (OpenVINO ")
    assert found[0].chosen.endswith(" GFLOP/s a core)")


def test_what_is_hardly_slower_and_simpler_is_taken(bert, monkeypatch) -> None:
    made_up(monkeypatch, torch=3.0, onednn=1.02, openvino=1.0)
    assert names(chosen(bert, plan("exact", HERE), HERE, 1)) == ["onednn", "openvino", "torch"]


def test_it_is_timed_once_for_this_process_and_for_the_next(bert, monkeypatch, cache: Path) -> None:
    timed = made_up(monkeypatch, torch=3.0, onednn=2.0, openvino=1.0)
    first = chosen(bert, plan("exact", HERE), HERE, 1)
    cache.unlink()
    assert chosen(bert, plan("exact", HERE), HERE, 1) == first
    monkeypatch.setattr(runners, "_known", {})
    chosen(bert, plan("exact", HERE), HERE, 1)
    assert len(timed) == 2
    monkeypatch.setattr(runners, "_known", {})
    assert chosen(bert, plan("exact", HERE), HERE, 1) == first
    assert len(timed) == 2


def test_what_another_process_has_kept_meanwhile_is_what_this_one_says_too(bert, monkeypatch) -> None:
    made_up(monkeypatch, torch=1.0, onednn=2.0, openvino=3.0)
    answers = iter([None, {"openvino": 500.0, "torch": 1.0}])
    monkeypatch.setattr(runners, "kept_rates", lambda *_: next(answers))
    assert names(chosen(bert, plan("exact", HERE), HERE, 1)) == ["openvino", "torch"]


@pytest.mark.parametrize("other", ["version", "processor", "streams", "arithmetic", "shape"])
def test_another_version_machine_or_shape_is_timed_anew(bert, monkeypatch, other: str) -> None:
    timed = made_up(monkeypatch, torch=3.0, onednn=2.0, openvino=1.0)
    chosen(bert, plan("exact", HERE), HERE, 1)
    weights, how, streams = bert, plan("exact", HERE), 1
    if other == "version":
        monkeypatch.setattr(runners, "_version", lambda name: "99")
    elif other == "processor":
        monkeypatch.setattr(runners, "cpu_name", lambda: "another one")
    elif other == "streams":
        streams = 2
    elif other == "arithmetic":
        how = plan("fast", HERE)
    else:
        weights = tiny("Bert", intermediate_size=96)
    chosen(weights, how, HERE, streams)
    assert len(timed) == 2


def test_other_weights_of_the_same_shape_are_not_timed_again(bert, monkeypatch) -> None:
    timed = made_up(monkeypatch, torch=3.0, onednn=2.0, openvino=1.0)
    chosen(bert, plan("exact", HERE), HERE, 1)
    chosen(tiny("Bert", vocab_size=200, num_hidden_layers=1), plan("exact", HERE), HERE, 1)
    assert len(timed) == 1


@pytest.mark.parametrize(
    ("precision", "here", "candidates"),
    [
        ("exact", HERE, ["torch", "onednn", "openvino"]),
        ("fast", HERE, ["onednn", "openvino"]),
        ("preview", HERE, ["torch", "openvino"]),
        ("exact", replace(HERE, openvino=False, onednn=False), ["torch"]),
        ("fast", replace(HERE, openvino=False), ["onednn"]),
        ("fast", replace(HERE, bfloat16=False), ["torch", "onednn", "openvino"]),
        ("preview", replace(HERE, int8_dot=False), ["torch"]),
        ("exact", replace(HERE, device="cuda"), ["torch"]),
        ("fast", replace(HERE, device="cuda"), ["torch"]),
    ],
)
def test_the_candidates_are_those_that_keep_the_precision(bert, monkeypatch, precision, here, candidates) -> None:
    timed = made_up(monkeypatch, torch=1.0, onednn=1.0, openvino=1.0)
    found = chosen(bert, plan(precision, here), here, 1)
    assert names(found) == candidates
    assert {one.arithmetic for one in found} == {plan(precision, here).arithmetic}
    # one way is not timed, and nothing is said of a choice
    assert timed == ([candidates] if len(candidates) > 1 else [])
    assert bool(found[0].chosen) == (len(candidates) > 1)


def test_a_shape_that_openvinos_graph_does_not_have_is_run_in_torch(monkeypatch) -> None:
    made_up(monkeypatch, torch=1.0, onednn=0.5, openvino=0.1)
    modern = tiny("ModernBert", bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3)
    assert names(chosen(modern, plan("exact", HERE), HERE, 1)) == ["onednn", "torch"]
    assert names(chosen(modern, plan("fast", HERE), HERE, 1)) == ["onednn"]
    assert names(chosen(modern, plan("preview", HERE), HERE, 1)) == ["torch"]


def test_a_library_that_fails_here_is_no_candidate(bert, monkeypatch) -> None:
    made_up(monkeypatch, torch=2.0, onednn=1.0, openvino=0.1)
    real = runners.tokens_by

    def failing(weights, how, *more):
        if how.runner == "openvino":
            raise RuntimeError("no such operation")
        return real(weights, how, *more)

    monkeypatch.setattr(runners, "tokens_by", failing)
    assert names(chosen(bert, plan("exact", HERE), HERE, 1)) == ["onednn", "torch"]


@pytest.mark.parametrize(("name", "first"), [("torch", "torch"), ("openvino", "openvino"), ("rule", "onednn")])
def test_a_pinned_runner_is_taken_and_nothing_is_timed(bert, monkeypatch, cache: Path, name: str, first: str) -> None:
    timed = made_up(monkeypatch)
    monkeypatch.setenv("RERANK_LENS_RUNNER", name)
    found = chosen(bert, plan("exact", HERE), HERE, 1)
    assert found[0].runner == first
    assert found[0].chosen == ("chosen by rule" if name == "rule" else "as RERANK_LENS_RUNNER says")
    assert sorted(names(found)) == ["onednn", "openvino", "torch"]
    # what cannot be run so is run by rule
    if name == "torch":
        assert chosen(bert, plan("fast", HERE), HERE, 1)[0].chosen == "chosen by rule"
    assert timed == []
    assert not cache.exists()


def test_a_runner_that_nobody_knows_is_named(bert, monkeypatch) -> None:
    monkeypatch.setenv("RERANK_LENS_RUNNER", "tensorrt")
    with pytest.raises(SettingsError, match="RERANK_LENS_RUNNER is rule, torch, onednn, openvino or not set, not 'ten"):
        chosen(bert, plan("exact", HERE), HERE, 1)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("Bert", {}),
        ("Bert", {"max_position_embeddings": 40}),
        ("Electra", {"embedding_size": 16}),
        ("XLMRoberta", {"max_position_embeddings": 130, "type_vocab_size": 1}),
        ("ModernBert", {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}),
    ],
)
@pytest.mark.parametrize("streams", [1, 2])
def test_every_shape_can_be_timed_for_real(kind: str, facts: dict, streams: int) -> None:
    from rerank_core.inference.device import abilities

    weights, here = tiny(kind, **facts), abilities("cpu")
    for precision in ("exact", "fast", "preview"):
        possible = {way.runner: way for way in chosen(weights, plan(precision, here), here, streams)}
        rates = runners._measured(weights, possible, streams)
        assert set(rates) == set(possible)
        assert all(rate > 0 for rate in rates.values())
