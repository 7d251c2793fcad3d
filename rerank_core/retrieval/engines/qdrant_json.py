"""The query requests of the usual first stages in Qdrant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rerank_core.retrieval.engines.engine import Column
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.template import Template

UNNAMED = "(unnamed)"


def templates(source: EngineSource, columns: Sequence[Column]) -> list[Template]:
    """Both by RRF where there are both, the dense vector, the sparse one."""
    sparse = next((column.name for column in columns if column.kind == "sparse"), "")
    dense = next((column.name for column in columns if column.kind == "vector"), "")
    meaning: dict[str, Any] = {"query": "{{vector}}", "limit": "{{k}}"}
    if dense != UNNAMED:
        meaning["using"] = dense
    words = {"query": "{{sparse}}", "using": sparse, "limit": "{{k}}"}
    found = {"hybrid": {"prefetch": [meaning, words], "query": {"fusion": "rrf"}, "limit": "{{k}}"}}
    chosen = {**(found if sparse and dense else {}), **({"meaning": meaning} if dense else {})}
    chosen |= {"words": words} if sparse else {}
    return [Template(name, json.dumps(body, indent=1)) for name, body in chosen.items()]
