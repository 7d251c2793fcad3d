"""The rows of services: keys, states, and what changes the name under which scores are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.rerankers.catalogue.api_rows import API_ROWS
from rerank_core.rerankers.catalogue.catalog import Extra, get
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.catalogue.state import state
from rerank_core.rerankers.load import _API_FAMILIES

SERVER = {"base_url": "http://gpu:8000", "model": "m"}


def test_every_family_has_a_row_and_every_row_code() -> None:
    assert {model.family for model in API_ROWS} == set(_API_FAMILIES)
    assert {model.hosting for model in API_ROWS} == {"api"}


@pytest.mark.parametrize("model", API_ROWS, ids=lambda model: model.id)
def test_a_row_can_say_all_its_settings_and_its_pip_line(model) -> None:
    assert model.checked({}) == {setting.name: setting.default for setting in model.settings}
    assert all(setting.check(setting.default) == setting.default for setting in model.settings)
    now = state(replace(model, extra=Extra("no_such_library", model.extra.pip)))
    assert (now.kind, model.extra.pip in now.detail) == ("needs-extra", True)


def test_the_catalogue_says_that_a_server_needs_settings_until_they_are_given(monkeypatch) -> None:
    pytest.importorskip("httpx")
    row = get("http-rerank")
    assert state(row).kind == "needs-setting"
    assert "base_url" in state(row).detail
    assert state(row, SERVER).ready
    assert state(row, {**SERVER, "key_variable": "MISSING_KEY"}).kind == "needs-key"
    monkeypatch.setenv("MISSING_KEY", "x")
    assert state(row, {**SERVER, "key_variable": "MISSING_KEY"}).ready


def test_a_language_model_needs_no_key_where_it_names_none(monkeypatch) -> None:
    pytest.importorskip("openai")
    monkeypatch.delenv("OPENAI_API_KEY")
    row = get("llm-listwise")
    assert state(row, {"model": "m"}).kind == "needs-key"
    assert state(row, {"model": "m", "key_variable": ""}).ready


@pytest.mark.parametrize(
    "change",
    [{"base_url": "http://other:8000"}, {"model": "n"}, {"protocol": "texts"}, {"raw_scores": True}],
    ids=lambda change: next(iter(change)),
)
def test_scores_are_kept_apart_by_what_changes_them(change) -> None:
    row = get("http-rerank")
    assert model_key(row, SERVER) != model_key(row, {**SERVER, **change})


@pytest.mark.parametrize("change", [{"timeout": 5.0}, {"batch_size": 3}, {"key_variable": "GPU_KEY"}])
def test_scores_are_kept_together_by_what_does_not(change) -> None:
    row = get("http-rerank")
    assert model_key(row, SERVER) == model_key(row, {**SERVER, **change})


def test_the_address_is_in_the_name_even_where_nobody_set_it() -> None:
    assert "https://api.cohere.com" in model_key(get("cohere-rerank-v3.5"), {})
    assert model_key(get("voyage-rerank-2.5"), {}) != model_key(get("voyage-rerank-2.5"), {"instruction": "x"})
    assert model_key(get("voyage-rerank-2.5"), {}) != model_key(get("voyage-rerank-2.5-lite"), {})


def test_rows_are_told_without_importing_any_library_of_a_service() -> None:
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys; from rerank_core.rerankers import load\n"
        "from rerank_core.rerankers.catalogue import catalog, pricing, state\n"
        "[state.state(row) for row in catalog.catalog()]\n"
        "print(sorted({'cohere', 'openai', 'httpx', 'httpx2', 'yaml'} & set(sys.modules)))"
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
