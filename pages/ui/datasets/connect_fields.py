"""The fields of the form for a search engine, and its first hits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.search.dense import menu_name
from rerank_core.errors import SettingsError
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.engines.source import ENGINES, HTTP, POSTGRES, PYTHON, EngineSource, Fields
from rerank_core.retrieval.engines.template import VECTOR, Template
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import dense_models

_EXAMPLES = {
    POSTGRES: "postgresql://user@host:5432/database",
    "qdrant": "https://host:6333",
    "opensearch": "https://host:9200",
    "elasticsearch": "https://host:9200",
    HTTP: "https://host/search",
}
NONE = "(none)"


def address(space: Workspace) -> EngineSource | None:
    """The engine and where it is; None while there is no address, or one that cannot be used, which is said."""
    engines = [name for name in ENGINES if name != PYTHON]
    left, middle, right = st.columns([1, 2, 1])
    engine = left.selectbox("Engine", engines, format_func=ENGINES.get, key="connect_engine")
    place = middle.text_input("Address, without a key", placeholder=_EXAMPLES[engine], key="connect_address").strip()
    variable = right.text_input(
        "Variable with the key",
        placeholder="none",
        key="connect_key",
        help="The environment variable that holds the key or password: a name that ends in _KEY or _TOKEN.",
    ).strip()
    model = _dense_model(space)
    with st.expander("Limits"):
        per_second = st.number_input("Requests per second (0: no limit)", 0.0, 10_000.0, 0.0, key="connect_pace")
        seconds = st.number_input("Seconds per request", 1.0, 600.0, 10.0, key="connect_seconds")
    hits = st.text_input("Where in the answer the hits are", key="connect_hits") if engine == HTTP else ""
    if not place:
        return None
    try:
        return EngineSource(
            engine,
            place,
            key_variable=variable,
            per_second=per_second,
            timeout=seconds,
            hits=hits.strip(),
            vector_model=model.name,
            vector_address=model.address,
            vector_key=model.key_variable,
            query_prefix=model.query_prefix,
            passage_prefix=model.passage_prefix,
        )
    except SettingsError as error:
        st.error(plain(str(error)))
        return None


def _dense_model(space: Workspace) -> DenseModel:
    """The model of the engine's vectors; nothing is asked where there is one only."""
    models = dense_models(space)
    if len(models) == 1:
        return next(iter(models.values()))
    name = st.selectbox(
        "Dense model of its vectors",
        list(models),
        format_func=lambda one: menu_name(one, models),
        key="connect_dense",
        help="The one that the index was filled with: it makes {{vector}} of a query. More can be added on Rerankers.",
    )
    return models[name]


def fields(guess: EngineSource, columns: Sequence[Sequence[Any]]) -> Fields:
    """Which field holds what: guessed by usual names, and chosen by a person."""
    named = guess.fields
    texts = [name for name, _, size in columns if not size]
    vectors = [name for name, _, size in columns if size]
    shown = st.columns(4)
    chosen = {}
    for column, (part, what, names) in zip(
        shown,
        (("docid", "Id", texts), ("title", "Title", texts), ("text", "Text", texts), ("vector", "Vector", vectors)),
        strict=True,
    ):
        now = getattr(named, part)
        options = list(dict.fromkeys([NONE, *([now] if now else []), *names]))
        if columns:
            picked = column.selectbox(
                what, options, index=options.index(now or NONE), key=f"connect_{guess.index}_{part}"
            )
        else:
            picked = column.text_input(what, value=now, key=f"connect_{part}").strip() or NONE
        chosen[part] = "" if picked == NONE else picked
    metadata = tuple(name for name in named.metadata if name not in chosen.values())
    return Fields(**chosen, metadata=metadata, score=named.score)


def templates(found: Sequence[dict[str, Any]], look_id: int) -> list[Template]:
    """The templates, as they are proposed or as somebody rewrote them; one more may be added.

    `look_id`: of the look that found them, as another table's templates must not take over what these fields hold.
    """
    made: list[Template] = []
    with st.expander("How it is asked: one first stage per template"):
        st.caption("In the engine's own language, with {{query}}, {{vector}} and {{k}} as values.")
        for one in found:
            text = st.text_area(f"Template {plain(one['name'])}", one["text"], key=f"connect_t_{look_id}_{one['name']}")
            made += _template(one["name"], text, one["settings"])
        name = st.text_input("Name of one more template", key=f"connect_t_name_{look_id}").strip()
        if name:
            made += _template(name, st.text_area("Its text", key=f"connect_t_text_{look_id}"), {})
    return made


def _template(name: str, text: str, settings: dict[str, str]) -> list[Template]:
    if not text.strip():
        return []
    try:
        return [Template(name, text, settings)]
    except SettingsError as error:
        st.error(plain(str(error)))
        return []


def offers_recall(source: EngineSource, templates: Sequence[Template]) -> bool:
    """Whether it can be measured what the source's vector index misses."""
    return source.engine == POSTGRES and any(VECTOR in template.places for template in templates)


def hits(found: dict[str, Any]) -> None:
    """Three hits per template, and why a template found none."""
    for name, problem in found["problems"].items():
        st.error(f"{plain(name)}: {plain(problem)}")
    for recall in found.get("recalls", ()):
        st.caption(plain(f"{recall['sentence']}."))
    for name, rows in found["hits"].items():
        st.markdown(f"**{plain(name)}**")
        for row in rows:
            score = "" if row["score"] is None else f" ({row['score']:.4f})"
            title = f" **{plain(row['title'])}**" if row["title"] else ""
            st.markdown(f"{row['rank']}. `{plain(row['docid'])}`{score}{title} {plain(row['text'][:200])}")
