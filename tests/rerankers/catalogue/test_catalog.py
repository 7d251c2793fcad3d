"""The rows of the catalogue, models named by a person, and the table of facts."""

from __future__ import annotations

import pytest

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.rerankers.catalogue.catalog import catalog, get, model_from_name
from rerank_core.rerankers.catalogue.facts import UNKNOWN, facts, markdown_table
from rerank_core.rerankers.load import _LOCAL_FAMILIES

# facts that were looked for and not found: None and shown as not known, never guessed
NOT_FOUND = {
    "lateon": {"max_tokens"},
}


def test_ids_are_unique_and_each_is_found_again() -> None:
    ids = [model.id for model in catalog()]
    assert len(set(ids)) == len(ids)
    assert [get(model_id).id for model_id in ids] == ids


def test_every_local_family_has_code_and_every_row_a_family() -> None:
    assert {model.family for model in catalog() if model.hosting == "local"} == {"first-stage", *_LOCAL_FAMILIES}


@pytest.mark.parametrize(
    "model",
    [model for model in catalog() if model.hosting == "local" and model.family != "first-stage"],
    ids=lambda model: model.id,
)
def test_a_row_carries_its_facts(model) -> None:
    told = {name for name in ("parameters", "licence", "max_tokens") if getattr(model, name)}
    assert told == {"parameters", "licence", "max_tokens"} - NOT_FOUND.get(model.id, set())
    assert model.languages
    assert model.score_scale
    assert model.card.startswith("https://")
    assert model.memory_fp16 == (2 * model.parameters if model.parameters else None)
    assert model.checked({}) == {setting.name: setting.default for setting in model.settings}
    assert all(setting.check(setting.default) == setting.default for setting in model.settings)


def test_a_named_model_keeps_its_name_in_its_id() -> None:
    model = model_from_name("cross-encoder", " org/some-model ")
    assert (model.source, model.label, model.parameters) == ("org/some-model", "some-model", None)
    assert get(model.id) == model
    assert model.checked({})["trust_remote_code"] is False


def test_a_named_model_that_has_a_row_is_that_row() -> None:
    assert model_from_name("cross-encoder", "BAAI/bge-reranker-v2-m3") == get("bge-reranker-v2-m3")


def test_unknown_ids_and_families_are_refused() -> None:
    with pytest.raises(NotFoundError, match="no-such-model"):
        get("no-such-model")
    with pytest.raises(SettingsError, match="family"):
        model_from_name("oracle", "org/model")
    with pytest.raises(SettingsError, match="name"):
        model_from_name("cross-encoder", " ")


def test_the_table_has_a_line_for_each_row_and_tells_what_is_not_known() -> None:
    lines = markdown_table().splitlines()
    assert len(lines) == 2 + len(catalog())
    assert len({line.count("|") for line in lines}) == 1
    row = facts(get("ms-marco-tinybert-l2-v2"))
    assert {"4.4M", "512", "Apache-2.0", "9 MB", "18 MB"} <= set(row)
    assert UNKNOWN in facts(model_from_name("cross-encoder", "org/some-model"))
