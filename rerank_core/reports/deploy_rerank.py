"""A system as a request to a rerank server, in the shape that Cohere's API has and that others took over.

Reference: docs.cohere.com/reference/rerank (v2); the same at /v2/rerank of vLLM, and at /rerank of Jina and Infinity.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from rerank_core.rerankers.services.refusal import cohere_endpoint, endpoint
from rerank_core.systems.systems import FIRST_STAGE, System

QUERY, PASSAGE = "{{query}}", "{{title and text of candidate %d}}"
PLACES = 3
"""Candidates that stand in the request as examples of all."""

_SERVED = ("cross-encoder", "yes-no", "flag", "flag-llm")


def request(system: System, top: int) -> dict[str, Any] | None:
    """The body of the request; None where no such server does what the system does. `top`: passages to return."""
    model = served_name(system)
    if model is None:
        return None
    body: dict[str, Any] = {
        "model": model,
        "query": QUERY,
        "documents": [PASSAGE % place for place in range(1, PLACES + 1)],
        "top_n": top,
    }
    limit = _settings(system).get("max_tokens_per_doc")
    return body | ({"max_tokens_per_doc": limit} if limit is not None else {})


def served_name(system: System) -> str | None:
    """The model's name in a request; None where there is no server of this shape for it."""
    if system.spec is not None or system.problem:
        return None
    model, settings = system.model, _settings(system)
    if model.family in ("cohere", "jina-api"):
        return model.source
    if model.family == "http":
        return None if settings.get("protocol") == "texts" else str(settings.get("model") or "{{model}}")
    return model.source if model.family in _SERVED and model.source and model.source != "bundled" else None


def address(system: System) -> str:
    """Where to send it, without a key."""
    base = str(_settings(system).get("base_url", ""))
    if system.model.family == "cohere":
        return cohere_endpoint(base)
    return endpoint(base) if base else "http://{{your server}}/v2/rerank"


def unsaid(system: System) -> list[str]:
    """What the request cannot say, a sentence each."""
    model, settings = system.model, _settings(system)
    if system.id == FIRST_STAGE:
        return ["There is nothing to rerank: the first stage alone was chosen."]
    if served_name(system) is None:
        what = "a system made of systems" if system.spec is not None else f"of the family {model.family}"
        return [f"No request is written: {system.label} is {what}, and no server with this interface does that."]
    lines = []
    if model.family in _SERVED:
        lines.append(f"{model.source} must be served first, for example by vLLM or Infinity.")
    default = {setting.name: setting.default for setting in model.settings}
    sent = {"base_url", "model", "protocol", "max_tokens_per_doc", "batch_size", "timeout", "key_variable"}
    sent |= {"more_addresses", "parallel"}  # how it is asked here
    rest = {name: value for name, value in settings.items() if name not in sent and value != default.get(name)}
    if rest:
        lines.append(
            f"These settings have no place in the request: {', '.join(f'{n} = {v!r}' for n, v in rest.items())}."
        )
    if model.family == "cohere" and settings.get("structured"):
        lines.append("Passages with a title were sent as YAML (title, then text), as Cohere advises; do the same.")
    if urlsplit(address(system)).scheme == "http" and model.hosting == "api":
        lines.append("The address is not encrypted.")
    return lines


def _settings(system: System) -> dict[str, Any]:
    return system.model.checked(system.settings) if system.spec is None else {}
