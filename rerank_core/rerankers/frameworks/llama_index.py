"""A LlamaIndex node postprocessor as a system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.frameworks.factory import FrameworkOrderer, made_by


class Postprocessor(FrameworkOrderer):
    """It must give back nodes that it was given: they are known again by their ids."""

    def __init__(self, postprocessor: Any) -> None:
        super().__init__()
        self._postprocessor = postprocessor

    def returned(self, query: str, texts: Sequence[str]) -> Iterable[int]:
        """Nodes go in without a score, in candidate order. Raises RerankLensError for a node that was not given."""
        from llama_index.core.schema import NodeWithScore, TextNode

        given = [NodeWithScore(node=TextNode(id_=str(place), text=text)) for place, text in enumerate(texts)]
        known = {str(place): place for place in range(len(texts))}
        ids = [row.node.node_id for row in self._postprocessor.postprocess_nodes(given, query_str=query)]
        if not all(one in known for one in ids):
            raise RerankLensError("it returned a node that it was not given")
        return [known[one] for one in ids]


def open_api(source: str, settings: Mapping[str, Any]) -> Postprocessor:
    """What the factory of the settings makes. Raises as `made_by`."""
    from llama_index.core.postprocessor.types import BaseNodePostprocessor

    return Postprocessor(made_by(settings["factory"], BaseNodePostprocessor))
