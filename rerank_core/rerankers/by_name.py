"""A reranker by its name in the catalogue, for programs that have texts and no workspace."""

from __future__ import annotations

from typing import Any, Literal, overload

from rerank_core.errors import SettingsError
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.family import Orderer, Scorer
from rerank_core.rerankers.load import load as load_model

ORDERERS = Literal["llm-listwise"]
"""The rows that give an order and no scores; nobody can name another one."""


@overload
def load(name: ORDERERS, *, device: str | None = None, **settings: Any) -> Orderer: ...
@overload
def load(name: str, *, device: str | None = None, **settings: Any) -> Scorer: ...
def load(name: str, *, device: str | None = None, **settings: Any) -> Scorer | Orderer:
    """Any reranker of the catalogue, ready to work. Never downloads.

    `name`: its id in the catalogue (`rerank-lens systems` lists them), or "family:name" for a hub name or a folder,
    such as "cross-encoder:/models/mine". `device` None: the best one of this machine. `settings`: the row's own.

    A Scorer has `score(query, texts)`: raw scores in the order of `texts`, higher is better. A language model that
    orders passages is an Orderer and has `order(query, texts)`: the places of the texts, best first.

    Raises NotFoundError for a name that is not there, SettingsError for a setting that the model does not take and for
    "first-stage", which is the order that a retriever gives, NotReadyError with what is missing.

    >>> import rerank_core as rl
    >>> texts = ["A kestrel hunts voles.", "Otters eat fish and live beside rivers."]
    >>> voles, fish = rl.load("minilm-maxsim").score("who eats fish", texts)
    >>> fish > voles
    True
    """
    reranker = load_model(get(name), settings, device)
    if not isinstance(reranker, Scorer | Orderer):
        raise SettingsError(f"'{name}' is the order that a retriever gives: there is no model to load.")
    return reranker
