"""Every reranker that can be picked, and models that a person names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.rerankers.catalogue.api_rows import API_ROWS
from rerank_core.rerankers.catalogue.local_rows import BUNDLED_ROWS, LOCAL_ROWS
from rerank_core.rerankers.catalogue.local_settings import REMOTE
from rerank_core.rerankers.catalogue.model import Extra, Model, Setting

__all__ = ["Extra", "Model", "Setting", "catalog", "get", "model_from_name"]

NAMED_FAMILIES = (
    "cross-encoder",
    "bi-encoder",
    "late-interaction",
    "sparse",
    "yes-no",
    "flag",
    "flag-llm",
    "flag-layerwise",
    "flag-lightweight",
    "cohere",
    "voyage",
    "jina-api",
    "contextual",
)


def catalog() -> tuple[Model, ...]:
    """All rows: what is always ready first, then by family; ids are unique."""
    return (*BUNDLED_ROWS, *LOCAL_ROWS, *API_ROWS)


def get(model_id: str) -> Model:
    """The row with this id, or the model that `model_from_name` made under it; raises NotFoundError."""
    for model in catalog():
        if model.id == model_id:
            return model
    family, colon, name = model_id.partition(":")
    if colon and family in NAMED_FAMILIES and name:
        return model_from_name(family, name)
    raise NotFoundError(f"there is no reranker {model_id!r} in the catalogue")


def model_from_name(family: str, name: str) -> Model:
    """A model by hub name ("org/name"), local folder, or a service's own name for it ("rerank-v4.0-pro").

    Where the catalogue has a row for it, that is given.

    Its id is "family:name" and `get` understands it, so that a saved system finds it again. Facts that only a model
    card could tell are None. Raises SettingsError for a family that loads nothing by name, or an empty name.
    """
    name = name.strip()
    if family not in NAMED_FAMILIES or not name:
        raise SettingsError(f"a model needs a name, and a family out of {', '.join(NAMED_FAMILIES)}; got {family!r}")
    for model in catalog():
        if (model.family, model.source) == (family, name):
            return model
    like = next(model for model in (*LOCAL_ROWS, *BUNDLED_ROWS, *API_ROWS) if model.family == family)
    if like.hosting == "api":
        return replace(
            Model(f"{family}:{name}", name, family, name, hosting="api"),
            score_scale=like.score_scale,
            cost="by use, price not known",
            settings=like.settings,
            extra=like.extra,
            keys=like.keys,
            note="Named by a person: its facts are in the service's documentation.",
        )
    settings = tuple(setting for setting in like.settings if setting.name != "trust_remote_code")
    return replace(
        Model(f"{family}:{name}", Path(name).name, family, name),
        score_scale=like.score_scale,
        settings=(*settings, REMOTE),
        extra=like.extra,
        note="Named by a person: its facts are on its model card.",
    )
