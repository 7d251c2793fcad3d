"""A system as LangChain's document compressor, for `ContextualCompressionRetriever` and chains."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from pydantic import ConfigDict

from rerank_core.serving.adapters.ranker import Ranker, open_ranker


class LensCompressor(BaseDocumentCompressor):
    """Documents in the order of `system` (of the workspace, in this process), or of the server at `address`.

    At most `top_n`; None: all. Each gets its score as `relevance_score` in its metadata, which is otherwise what the
    system's signals read. The rest as in `open_ranker`.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))
    system: str = ""
    workspace: str | None = None
    address: str = ""
    key_variable: str = ""
    top_n: int | None = None

    @cached_property
    def ranker(self) -> Ranker:
        """Opened when it is first needed."""
        return open_ranker(self.system, self.workspace, self.address, self.key_variable)

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        """The documents, best first; the given ones are not changed."""
        rows = [{"text": document.page_content, "metadata": document.metadata} for document in documents]
        return [
            documents[place.index].model_copy(
                update={"metadata": {**documents[place.index].metadata, "relevance_score": place.score}}
            )
            for place in self.ranker.rank(query, rows, self.top_n)
        ]
