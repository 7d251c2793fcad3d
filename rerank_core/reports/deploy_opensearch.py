"""A first stage and a reranker as OpenSearch takes them: an index, a search pipeline, a query.

A served system (`rerank-lens serve`) is reached by a connector, as Cohere's rerank is: any system then, at `server`.

Reference: docs.opensearch.org, search pipelines: normalization-processor (from 2.10, z_score from 3.0),
score-ranker-processor (from 2.19), rerank (from 2.12); hybrid query (from 2.10, its filter from 3);
ML Commons: remote-models, connectors, blueprints, cluster-settings, and the tutorial reranking-cohere (from 2.12).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from rerank_core.errors import SettingsError
from rerank_core.rerankers.services.refusal import cohere_endpoint
from rerank_core.retrieval.dense_model import BUNDLED
from rerank_core.retrieval.languages import AUTO, ENGLISH, LANGUAGES
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.composites.spec import Signals
from rerank_core.systems.systems import FIRST_STAGE, System

TEXT_FIELD, VECTOR_FIELD = "content", "embedding"
QUERY, RERANKER, ENCODER = (
    "{{query}}",
    "{{id of the reranker in this cluster}}",
    "{{id of the encoder in this cluster}}",
)
CONNECTOR, SERVER_KEY = "{{id of the connector}}", "{{key of the server}}"
DIMENSION = "{{dimension of the encoder}}"
RERANKS = ("cross-encoder", "flag", "cohere")
"""Families that give one score to a query and a passage, and that OpenSearch can hold or reach as such a model."""
_BY_PAIRS = ("zh", "ja", "ko")
_STEMMERS_THERE = {"en": "porter2", "de": "german2"}
_NO_STEMMER_THERE = ("eo", "fa", "ne", "sr", "st", "ta", "yi")
_TECHNIQUES = {"minmax": "min_max", "zscore": "z_score"}


def index(settings: RetrievalSettings) -> dict[str, Any]:
    """The index's settings and mappings: BM25 and its analysis, and a field for vectors where there is a dense part.

    The settings' language is a code or "none"; "auto", which OpenSearch cannot know, is read as English.
    """
    filters = _filters(settings)
    kept = ["cjk_width", "lowercase", *filters, *(["cjk_bigram"] if settings.language in _BY_PAIRS else [])]
    tokenizer = "thai" if settings.language == "th" else "standard"
    analysis = {
        "filter": filters,
        "analyzer": {"passages": {"type": "custom", "tokenizer": tokenizer, "filter": kept}},
    }
    options: dict[str, Any] = {
        "analysis": analysis,
        "similarity": {"default": {"type": "BM25", "k1": settings.k1, "b": settings.b}},
    }
    fields: dict[str, Any] = {TEXT_FIELD: {"type": "text", "analyzer": "passages"}}
    if "dense" in settings.retrievers:
        options["knn"] = True
        dimension = 384 if settings.dense_model == BUNDLED else DIMENSION
        method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}
        fields[VECTOR_FIELD] = {"type": "knn_vector", "dimension": dimension, "method": method}
    return {"settings": {"index": options}, "mappings": {"properties": fields}}


def _filters(settings: RetrievalSettings) -> dict[str, Any]:
    """Filters of our own by name, in the order in which they are used: stop words and stems of the language."""
    code = ENGLISH if settings.language == AUTO else settings.language
    about = LANGUAGES.get(code)
    filters: dict[str, Any] = {}
    if about is None:
        return filters
    name = about.name.lower()
    if settings.stop_words and about.stop_words:
        filters[f"{name}_stop"] = {"type": "stop", "stopwords": f"_{name}_"}
    if settings.stemming and about.stemmer and code not in _NO_STEMMER_THERE:
        filters[f"{name}_stemmer"] = {"type": "stemmer", "language": _STEMMERS_THERE.get(code, name)}
    return filters


def pipeline(settings: RetrievalSettings, system: System, server: str = "") -> dict[str, Any]:
    """The search pipeline: how the parts are fused, and the rerank processor where the system can be one, or is served.

    What it leaves out stands in its `description`, since JSON takes no comment.
    """
    left_out = unsaid(settings, system, server)
    description = f"{system.label} over {settings.depth} candidates. "
    description += f"Not in this pipeline: {' '.join(left_out)}" if left_out else "Model ids are this cluster's own."
    body: dict[str, Any] = {"description": description}
    if (fused := _fusion(settings)) is not None:
        body["phase_results_processors"] = [fused]
    if can_rerank(system, server):
        rerank = {"ml_opensearch": {"model_id": RERANKER}, "context": {"document_fields": [TEXT_FIELD]}}
        body["response_processors"] = [{"rerank": {"description": f"{_model(system)}", **rerank}}]
    return body


def search(settings: RetrievalSettings, system: System, server: str = "") -> dict[str, Any]:
    """The body of a search: as many hits as there are candidates, all of which are reranked; the best come first.

    Raises SettingsError for an imported run.
    """
    parts: dict[str, dict[str, Any]] = {
        "bm25": {"match": {TEXT_FIELD: {"query": QUERY}}},
        "dense": {"neural": {VECTOR_FIELD: {"query_text": QUERY, "model_id": ENCODER, "k": settings.depth}}},
    }
    if settings.runs():
        raise SettingsError("An imported run is no search that could be deployed: choose BM25, dense or both.")
    chosen = [parts[name] for name in settings.retrievers]
    clauses = [{"terms": {f"metadata.{field}": list(values)}} for field, values in settings.filters]
    wanted = {"bool": {"filter": clauses}} if clauses else None
    if len(chosen) > 1:
        query: dict[str, Any] = {"hybrid": {"queries": chosen, **({"filter": wanted} if wanted else {})}}
    else:
        query = {"bool": {"must": chosen, "filter": clauses}} if wanted else chosen[0]
    body: dict[str, Any] = {"size": settings.depth, "_source": {"excludes": [VECTOR_FIELD]}, "query": query}
    if can_rerank(system, server):
        body["ext"] = {"rerank": {"query_context": {"query_text": QUERY}}}
    return body


def cluster(server: str) -> dict[str, Any]:
    """The settings that let a cluster reach the server: its address alone, one of the own network too.

    Where models run is left as it is: externally hosted ones run on data nodes from the start.
    """
    address = re.escape(cohere_endpoint(server)).replace("\\-", "-")
    return {
        "persistent": {
            "plugins.ml_commons.trusted_connector_endpoints_regex": [f"^{address}$"],
            "plugins.ml_commons.connector.private_ip_enabled": True,
        }
    }


def connector(system: System, server: str) -> dict[str, Any]:
    """The connector to a served system, in Cohere's protocol, with the functions that OpenSearch has for it."""
    values = {name: f"${{parameters.{name}}}" for name in ("documents", "query", "model", "top_n")}
    # texts come escaped and without quotation marks; the list and the number as they are
    pairs = [f'"{name}": ' + (f'"{value}"' if name in ("query", "model") else value) for name, value in values.items()]
    return {
        "name": f"Rerank Lens: {system.id}",
        "description": f"{system.label}, served by `rerank-lens serve`",
        "version": 1,
        "protocol": "http",
        "parameters": {"model": system.id},
        "credential": {"server_key": SERVER_KEY},
        "actions": [
            {
                "action_type": "predict",
                "method": "POST",
                "url": cohere_endpoint(server),
                "headers": {
                    "Authorization": "Bearer ${credential.server_key}",
                    "Content-Type": "application/json",
                },
                "request_body": f"{{ {', '.join(pairs)} }}",
                "pre_process_function": "connector.pre_process.cohere.rerank",
                "post_process_function": "connector.post_process.cohere.rerank",
            }
        ],
    }


def registration(system: System) -> dict[str, Any]:
    """The registration of the connector as a model, whose id goes into the pipeline."""
    return {
        "name": f"Rerank Lens: {system.id}",
        "function_name": "remote",
        "description": f"{system.label}, key {system.key}",
        "connector_id": CONNECTOR,
    }


def check_server(server: str) -> None:
    """Raises SettingsError for an address that is none."""
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise SettingsError(
            "The server's address must be such as http://ranker:8787, without a user and a question mark."
        )


def can_rerank(system: System, server: str = "") -> bool:
    """Whether a rerank processor can do what the system does; served, any that has something to do."""
    if server:
        return system.id != FIRST_STAGE and not system.problem
    return system.spec is None and not system.problem and system.model.family in RERANKS


def unsaid(settings: RetrievalSettings, system: System, server: str = "") -> list[str]:
    """What these files cannot say, a sentence each."""
    lines = []
    if server and any(isinstance(spec, Signals) for spec in _specs(system)):
        lines.append(
            "The signals: a rerank processor sends texts alone, so that dates and sources are not known there."
        )
    if server and any(member.id == FIRST_STAGE for member in _all(system)) and system.id != FIRST_STAGE:
        lines.append("The first stage's scores: a rerank processor does not send them, so blend by rank alone.")
    if not can_rerank(system, server) and system.id != FIRST_STAGE:
        what = "a system made of systems" if system.spec is not None else f"of the family {system.model.family}"
        lines.append(
            f"The reranking: {system.label} is {what}, and a rerank processor takes one model that scores pairs."
        )
    if len(settings.retrievers) > 1 and settings.fusion == "union":
        lines.append("The fusion: OpenSearch cannot take turns between the lists.")
    if len(settings.retrievers) > 1 and settings.fusion == "dbsf":
        lines.append("The fusion: OpenSearch has no distribution-based scale.")
    return lines


def _all(system: System) -> list[System]:
    return [system, *(inner for member in system.members for inner in _all(member))]


def _specs(system: System) -> list[Any]:
    return [one.spec for one in _all(system) if one.spec is not None]


def _fusion(settings: RetrievalSettings) -> dict[str, Any] | None:
    if len(settings.retrievers) < 2 or settings.fusion in ("union", "dbsf"):
        return None
    if settings.fusion == "rrf":
        return {"score-ranker-processor": {"combination": {"technique": "rrf", "rank_constant": settings.rrf_k}}}
    combination = {"technique": "arithmetic_mean", "parameters": {"weights": list(settings.shares())}}
    technique = {"technique": _TECHNIQUES[settings.fusion]}
    return {"normalization-processor": {"normalization": technique, "combination": combination}}


def _model(system: System) -> str:
    return f"{system.label}, {system.model.source}" if system.model.source else system.label
