"""A LangChain document compressor as a system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.frameworks.factory import FrameworkOrderer, made_by

_PLACE = "rerank_lens_place"


class Compressor(FrameworkOrderer):
    """It must give back documents that it was given, with their metadata: that is how they are known again."""

    def __init__(self, compressor: Any) -> None:
        super().__init__()
        self._compressor = compressor

    def returned(self, query: str, texts: Sequence[str]) -> Iterable[int]:
        """Raises RerankLensError where a document comes back without its metadata."""
        from langchain_core.documents import Document

        given = [Document(page_content=text, metadata={_PLACE: place}) for place, text in enumerate(texts)]
        places = [document.metadata.get(_PLACE) for document in self._compressor.compress_documents(given, query)]
        if not all(type(place) is int for place in places):
            raise RerankLensError("it returned a document without the metadata that it was given")
        return places


def open_api(source: str, settings: Mapping[str, Any]) -> Compressor:
    """What the factory of the settings makes. Raises as `made_by`."""
    from langchain_core.documents import BaseDocumentCompressor

    return Compressor(made_by(settings["factory"], BaseDocumentCompressor))
