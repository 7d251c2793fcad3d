"""What was decided, put to work: a chosen system and its settings as files for OpenSearch and for a rerank server."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.reports import deploy_opensearch, deploy_rerank
from rerank_core.retrieval.dense_model import BUNDLED
from rerank_core.retrieval.settings import WEIGHTED, RetrievalSettings
from rerank_core.systems.systems import System


def deployment(
    dataset: str, settings: RetrievalSettings, system: System, top: int = 10, server: str = ""
) -> dict[str, str]:
    """File name -> content: an index, a search pipeline and a search for OpenSearch, a rerank request, and README.md.

    `top`: passages to return in the end. `server`: where `rerank-lens serve` serves the system, "http://ranker:8787";
    then also what lets OpenSearch reach it: settings of the cluster, a connector, a model. What a file cannot say
    stands in README.md, and in the pipeline's own `description`; the request is left out where no server takes it.
    Placeholders stand in double braces. No key is in any of them. Raises SettingsError for a `top` that is not from 1
    to the depth, an address that is none, a system that is broken, and a first stage that lives elsewhere.
    """
    if not 1 <= top <= settings.depth:
        raise SettingsError(f"The number of passages to return must lie from 1 to {settings.depth}, not {top}.")
    if settings.is_elsewhere:
        raise SettingsError("The first stage is a search engine that is there already: deploy its own template.")
    if server:
        deploy_opensearch.check_server(server)
    if system.problem:
        raise SettingsError(f"{system.label}: {system.problem}")
    files = {
        "opensearch-index.json": _json(deploy_opensearch.index(settings)),
        "opensearch-pipeline.json": _json(deploy_opensearch.pipeline(settings, system, server)),
        "opensearch-search.json": _json(deploy_opensearch.search(settings, system, server)),
    }
    served = bool(server) and deploy_opensearch.can_rerank(system, server)
    if served:
        files |= {
            "opensearch-cluster.json": _json(deploy_opensearch.cluster(server)),
            "opensearch-connector.json": _json(deploy_opensearch.connector(system, server)),
            "opensearch-model.json": _json(deploy_opensearch.registration(system)),
        }
    request = deploy_rerank.request(system, top)
    if request is not None:
        files["rerank-request.json"] = _json(request)
    return {
        **files,
        "README.md": _readme(dataset, settings, system, top, request is not None, server if served else ""),
    }


def write_deployment(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _readme(dataset: str, settings: RetrievalSettings, system: System, top: int, requested: bool, server: str) -> str:
    lines = [
        "# From the comparison to a search engine",
        "",
        f"Chosen on the dataset {_code(dataset)}: {_code(system.id)} over {settings.depth} candidates. Exactly:",
        "",
        *(f"    {line}" for line in (settings.to_json(), *system.made_of.splitlines())),
        "",
        "Fill in what stands in double braces.",
        "",
        "## OpenSearch",
        "",
        *_served(system, server),
        "1. `PUT /passages` with opensearch-index.json. Index each passage with `content` (title, line break, text"
        + (") and `embedding` (its vector)." if "dense" in settings.retrievers else ")."),
        "2. `PUT /_search/pipeline/passages` with opensearch-pipeline.json.",
        f"3. `POST /passages/_search?search_pipeline=passages` with opensearch-search.json; of the "
        f"{settings.depth} hits take the first {top}.",
        "",
        "What differs from the comparison:",
        "",
        *(f"- {line}" for line in _opensearch(settings, system, server)),
        "",
        "## A rerank server",
        "",
    ]
    if requested:
        lines += [
            f"`POST {deploy_rerank.address(system)}` with rerank-request.json and the key as `Authorization: Bearer`; "
            f"`documents` holds all {settings.depth} candidates, one string each, in the order of the first stage. "
            "The answer names them by their place in `documents`, from 0.",
            "",
        ]
    lines += [f"- {line}" for line in deploy_rerank.unsaid(system)]
    return "\n".join(lines).rstrip() + "\n"


def _served(system: System, server: str) -> list[str]:
    if not server:
        return []
    return [
        f"The reranker is served by `rerank-lens serve --system {shlex.quote(system.id)}`, reached from the cluster at "
        f"{server}. Once, as an administrator:",
        "",
        "- `PUT /_cluster/settings` with opensearch-cluster.json. It replaces the list of trusted addresses: add those "
        "that the cluster has. `private_ip_enabled` is for all connectors; leave it out where the server's address is "
        "a public one.",
        "- `POST /_plugins/_ml/connectors/_create` with opensearch-connector.json, the server's key in it (any text "
        "where it asks for none). The answer has `connector_id`.",
        "- `POST /_plugins/_ml/models/_register?deploy=true` with opensearch-model.json, that id in it. The answer, or "
        "its task, has `model_id`: it goes into the pipeline.",
        "",
        "Then:",
        "",
    ]


def _before_the_search(settings: RetrievalSettings) -> list[str]:
    if settings.variant is None:
        return []
    return [
        f"Before each search stood a query variant, {_code(settings.variant.label)}: no file does that. Ask the "
        f"model in front of the search, by this prompt: {_code(' '.join(settings.variant.system.split()))}."
    ]


def _opensearch(settings: RetrievalSettings, system: System, server: str) -> list[str]:
    lines = [*deploy_opensearch.unsaid(settings, system, server), *_before_the_search(settings)]
    if "bm25" in settings.retrievers:
        lines.append(
            "Its tokenizer, stop words and stemmer are similar to ours but not equal, so BM25 scores differ slightly."
        )
    if "dense" in settings.retrievers:
        encoder = "sentence-transformers/all-MiniLM-L6-v2" if settings.dense_model == BUNDLED else settings.dense_model
        lines.append(
            f"The encoder is {_code(encoder)}: register it there. Its search is approximate; here it is exact."
        )
        for side, prefix in zip(("query", "passage"), settings.dense().prefixes, strict=True):
            if prefix:
                lines.append(f"Before each {side} that it embeds stands {_code(prefix)}: have it put there too.")
    if len(settings.retrievers) > 1 and settings.fusion in WEIGHTED:
        lines.append(
            "A passage that one of the lists does not hold, and the lowest of a list, are weighed a little differently."
        )
    if settings.filters:
        lines.append("The filter asks for keyword fields under `metadata`; `filter` in a hybrid query needs version 3.")
    if settings.fusion == "rrf" and len(settings.retrievers) > 1:
        lines.append("The score-ranker-processor needs version 2.19.")
    if settings.fusion == "zscore" and len(settings.retrievers) > 1:
        lines.append("The technique z_score needs version 3.0.")
    if not server and deploy_opensearch.can_rerank(system):
        lines.append(
            f"The reranker {_code(system.model.source or system.label)} must be registered there, as a local model or "
            "behind a connector; its id goes into the pipeline."
        )
    return lines


def _code(name: str) -> str:
    """A name within a line of Markdown; a backtick in it would end it."""
    return f"`{' '.join(name.split()).replace('`', 'ˋ')}`"
