"""A system as LlamaIndex's node postprocessor, for query engines and retrievers."""

from __future__ import annotations

from functools import cached_property

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from pydantic import ConfigDict

from rerank_core.errors import SettingsError
from rerank_core.serving.adapters.ranker import Ranker, open_ranker


class LensPostprocessor(BaseNodePostprocessor):
    """Nodes in the order of `system` (of the workspace, in this process), or of the server at `address`.

    At most `top_n`; None: all. A node's score becomes the system's; the one that it had is the first stage's. The
    system reads the node's text as `metadata_mode` makes it, and its signals read the metadata.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, ignored_types=(cached_property,))
    system: str = ""
    workspace: str | None = None
    address: str = ""
    key_variable: str = ""
    top_n: int | None = None
    metadata_mode: MetadataMode = MetadataMode.NONE

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex saves it."""
        return "LensPostprocessor"

    @cached_property
    def ranker(self) -> Ranker:
        """Opened when it is first needed."""
        return open_ranker(self.system, self.workspace, self.address, self.key_variable)

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise SettingsError("A query is needed to rank nodes.")
        rows = [
            {"text": row.node.get_content(self.metadata_mode), "metadata": row.node.metadata, "score": row.score}
            for row in nodes
        ]
        ranked = self.ranker.rank(query_bundle.query_str, rows, self.top_n)
        return [NodeWithScore(node=nodes[place.index].node, score=place.score) for place in ranked]
