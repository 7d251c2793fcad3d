"""What a model needs before it can be loaded, told without loading anything."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.rerankers.catalogue import state as state_module
from rerank_core.rerankers.catalogue.catalog import Extra, get, model_from_name
from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.rerankers.catalogue.local_settings import REMOTE
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.catalogue.state import state
from rerank_core.rerankers.load import load

TINYBERT = get("ms-marco-tinybert-l2-v2")


def lay_out(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("{}", "utf-8")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


def downloaded(cache: Path, *names: str) -> Path:
    repo = cache / "models--cross-encoder--ms-marco-TinyBERT-L2-v2"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text("abc123", "utf-8")
    return lay_out(repo / "snapshots" / "abc123", *names)


@pytest.mark.parametrize("model_id", ["first-stage", "minilm-cosine", "minilm-maxsim"])
def test_the_bundled_rerankers_are_ready(model_id: str) -> None:
    assert state(get(model_id)).ready


def test_a_model_that_was_never_downloaded_tells_its_size(cache: Path) -> None:
    now = state(TINYBERT)
    assert now.kind == "needs-download"
    assert "cross-encoder/ms-marco-TinyBERT-L2-v2 (18 MB)" in now.detail


def test_a_downloaded_model_is_ready(cache: Path) -> None:
    folder = downloaded(cache, "config.json", "vocab.txt", "model.safetensors")
    assert state(TINYBERT).ready
    assert folder_of(TINYBERT) == folder


@pytest.mark.parametrize("missing", ["config.json", "vocab.txt", "model.safetensors"])
def test_half_a_download_is_not_ready(cache: Path, missing: str) -> None:
    downloaded(cache, *({"config.json", "vocab.txt", "model.safetensors"} - {missing}))
    assert state(TINYBERT).kind == "needs-download"


def test_a_missing_part_of_the_weights_is_seen(cache: Path) -> None:
    folder = downloaded(cache, "config.json", "tokenizer.json", "model-1.safetensors")
    parts = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(parts), "utf-8")
    assert state(TINYBERT).kind == "needs-download"
    (folder / "model-2.safetensors").touch()
    assert state(TINYBERT).ready


def test_the_cache_is_where_the_hub_library_looks(tmp_path: Path) -> None:
    code = "import huggingface_hub.constants as c; print(c.HF_HUB_CACHE)"
    for env in (
        {"HF_HOME": str(tmp_path)},
        {"HF_HUB_CACHE": str(tmp_path / "x")},
        {"XDG_CACHE_HOME": str(tmp_path)},
        {},
    ):
        mine = "from rerank_core.rerankers.catalogue.local_folder import hub_cache; print(hub_cache())"
        told = [
            subprocess.run(
                [sys.executable, "-c", line], env={"HOME": "/root", **env}, capture_output=True, text=True,
                check=True, timeout=60, cwd=Path(__file__).parents[3],
            ).stdout
            for line in (code, mine)
        ]  # fmt: skip
        assert told[0] == told[1]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    now = state(model_from_name("cross-encoder", str(tmp_path / "nowhere")))
    assert now.kind == "not-found"
    assert "nowhere does not exist" in now.detail


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    now = state(model_from_name("cross-encoder", str(tmp_path)))
    assert (now.kind, "has no complete model" in now.detail) == ("not-found", True)


def test_a_missing_library_tells_the_pip_line() -> None:
    now = state(replace(TINYBERT, extra=Extra("no_such_library", 'pip install "rerank-lens[none]"')))
    assert now.kind == "needs-extra"
    assert 'pip install "rerank-lens[none]"' in now.detail


def test_a_missing_key_names_the_variable_and_a_set_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    model = replace(TINYBERT, hosting="api", keys=("RERANK_TEST_KEY", "OTHER_TEST_KEY"))
    assert state(model).kind == "needs-key"
    assert "RERANK_TEST_KEY or OTHER_TEST_KEY" in state(model).detail
    monkeypatch.setenv("OTHER_TEST_KEY", "secret")
    assert state(model).ready
    assert "secret" not in state(model).detail


def test_a_model_for_a_gpu_says_so_where_there_is_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "has_gpu", lambda: False)
    now = state(get("qwen3-reranker-4b"))
    assert now.kind == "needs-gpu"
    assert "8.0 GB" in now.detail
    monkeypatch.setattr(state_module, "has_gpu", lambda: True)
    assert state(get("qwen3-reranker-4b")).kind == "needs-download"


def test_loading_what_is_not_ready_says_what_it_needs(cache: Path) -> None:
    with pytest.raises(NotReadyError, match=r"MS MARCO TinyBERT L2: Needs a download"):
        load(TINYBERT)


def test_code_of_a_model_is_never_trusted_silently(cache: Path) -> None:
    downloaded(cache, "config.json", "vocab.txt", "model.safetensors")
    with pytest.raises(NotReadyError, match="trust_remote_code"):
        load(replace(TINYBERT, settings=(*TINYBERT.settings, REMOTE), trust_remote_code=True))


def test_a_setting_that_a_row_once_had_is_left_out_and_changes_no_key() -> None:
    jina = get("jina-reranker-v2-base-multilingual")
    assert jina.checked({"trust_remote_code": True, "max_length": 64}) == jina.checked({"max_length": 64})
    assert model_key(jina, {"trust_remote_code": True}) == model_key(jina, {})
    with pytest.raises(SettingsError, match="no setting trust_remote_code"):
        TINYBERT.checked({"trust_remote_code": True})


def test_settings_that_a_model_does_not_take_are_refused() -> None:
    with pytest.raises(SettingsError, match="no setting colour"):
        load(get("minilm-cosine"), {"colour": "red"})
    with pytest.raises(SettingsError, match="max_length must lie between 16"):
        load(get("minilm-cosine"), {"max_length": 3})
    with pytest.raises(SettingsError, match="precision must be one of"):
        load(get("minilm-cosine"), {"precision": "int3"})
    with pytest.raises(SettingsError, match="type int"):
        load(get("minilm-cosine"), {"max_length": True})


def test_the_key_of_a_model_changes_with_what_changes_its_scores(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "model", "config.json", "vocab.txt", "model.safetensors")
    model = model_from_name("cross-encoder", str(folder))
    plain = model_key(model, {})
    assert plain == model_key(model, {"max_length": None, "precision": "float32"})
    assert plain != model_key(model, {"max_length": 128})
    assert plain != model_key(model, {"precision": "bfloat16"})
    assert plain != model_key(model_from_name("bi-encoder", str(folder)), {})
    (folder / "model.safetensors").write_text("other weights", "utf-8")
    assert plain != model_key(model, {})


def test_the_key_of_a_downloaded_model_names_its_revision(cache: Path) -> None:
    downloaded(cache, "config.json", "vocab.txt", "model.safetensors")
    assert "TinyBERT-L2-v2@abc123" in model_key(TINYBERT, {})


def test_the_catalogue_and_the_states_are_told_without_any_library_of_models() -> None:
    code = (
        "import sys; from rerank_core.rerankers import badges, load, rerank\n"
        "from rerank_core.rerankers.catalogue import catalog, download, facts, model_key, state\n"
        "[state.state(row) for row in catalog.catalog()]; facts.markdown_table()\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "[]\n"


def test_a_library_of_another_version_or_without_its_own_needs_is_not_ready() -> None:
    def told(**changes: object) -> str:
        extra = Extra("pytest", 'pip install "rerank-lens[x]"', **{"versions": ">=1", **changes})
        return state(replace(get("minilm-cosine"), extra=extra)).detail

    assert told() == "Ready."
    assert told(versions="<1").startswith("pytest cannot be used here (pytest ")
    assert told(versions="<1").endswith('<1 is needed): pip install "rerank-lens[x]"')
    assert told(imports=("email.message", "xml.dom")) == "Ready."
    assert "email.gone is gone" in told(imports=("email.message", "email.gone"))


def test_a_library_that_asks_for_one_that_is_not_there_is_not_ready(tmp_path, monkeypatch) -> None:
    (tmp_path / "outer_library.py").write_text("raise ImportError", "utf-8")
    (tmp_path / "outer_library-2.0.dist-info").mkdir()
    lines = "Metadata-Version: 2.1\nName: outer_library\nVersion: 2.0\nRequires-Dist: {}\n"
    metadata = tmp_path / "outer_library-2.0.dist-info" / "METADATA"
    monkeypatch.syspath_prepend(str(tmp_path))
    cases = {
        "inner-library>=1": "inner-library is not installed",
        "pytest<1": "<1 is needed",
        'inner-library; extra == "more"': "Ready.",
    }
    for number, (asked, expected) in enumerate(cases.items()):
        metadata.write_text(lines.format(asked), "utf-8")
        extra = Extra("outer_library", f"pip install {number}", versions=">=2,<3")
        assert expected in state(replace(get("minilm-cosine"), extra=extra)).detail


def test_a_library_that_imports_a_name_that_is_gone_is_not_ready(tmp_path, monkeypatch) -> None:
    package = tmp_path / "named_library"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lazy\n", "utf-8"
    )
    (package / "plain.py").write_text(
        "import os.path as path\nfrom json import loads as read\n"
        "A, (B, C) = 1, (2, 3)\nD: int = 4\n"
        "def function(): inside = 1\nclass Class:\n    member = 1\n"
        "try:\n    import gone_module\nexcept ImportError:\n    fallback = None\n"
        "raise SystemExit('run')\n",
        "utf-8",
    )
    (package / "starred.py").write_text("from os import *\n", "utf-8")
    (package / "inner" / "__init__.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def problem(*names: str) -> str:
        extra = Extra(
            "pytest", "pip install x", versions=">=1", imports=tuple(f"named_library{name}" for name in names)
        )
        return state(replace(get("minilm-cosine"), extra=extra)).detail

    bound = ("path", "read", "A", "B", "C", "D", "function", "Class", "gone_module", "fallback")
    assert problem(*(f".plain:{name}" for name in bound), ":lazy", ":plain", ":inner", ".starred:walk") == "Ready."
    for name in ("inside", "member", "loads", "os", "gone"):
        assert f"(named_library.plain.{name} is gone)" in problem(f".plain:{name}")
    assert "(named_library.gone is gone)" in problem(":gone")
    assert "(named_library.gone.name is gone)" in problem(".gone:name")
    assert "named_library" not in sys.modules
