"""Text Embeddings Inference's rerank: `texts` in, a bare list out.

Reference: huggingface.github.io/text-embeddings-inference, its router's RerankRequest and ErrorResponse.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from rerank_core.errors import SettingsError
from rerank_core.serving.asked import Asked, asked
from rerank_core.serving.protocols.shape import Document, Fields, Reply, Shape

_TYPES = {413: "Validation", 422: "Validation", 424: "Backend", 429: "Overloaded", 503: "Unhealthy"}


class TeiFields(Fields):
    """`raw_scores` False: probabilities where the system gives logits. What is too long is always cut at its end."""

    query: str
    texts: list[Document]
    raw_scores: bool = False
    return_text: bool = False
    truncate: bool | None = None
    truncation_direction: Literal["left", "right", "Left", "Right"] | None = None


class Tei(Shape):
    """POST /rerank with `texts`. `is_logit`: whether the system's scores are logits."""

    name, fields = "texts", TeiFields

    def __init__(self, is_logit: bool) -> None:
        self._is_logit = is_logit

    def asked(self, given: Any) -> Asked:
        """See `Shape.asked`."""
        if (given.truncation_direction or "").lower() == "left":
            raise SettingsError("truncation_direction left is not possible here: texts are cut at their end")
        return asked(given.query, given.texts, "texts")

    def answer(self, given: Any, reply: Reply) -> list[dict[str, Any]]:
        """See `Shape.answer`; what was cut stands in headers."""
        squash = self._is_logit and not given.raw_scores
        rows: list[dict[str, Any]] = []
        for place in reply.places:
            row: dict[str, Any] = {"index": place.index, "score": sigmoid(place.score) if squash else place.score}
            if given.return_text:
                row["text"] = reply.asked.docs[place.index].content
            rows.append(row)
        return rows

    def error(self, status: int, message: str) -> dict[str, Any]:
        """See `Shape.error`."""
        return {"error": message, "error_type": _TYPES.get(status, "Validation" if status < 500 else "Backend")}


class Either(Tei):
    """/rerank before it is known which of the two is spoken: an error that both can read."""

    name = "rerank"

    def error(self, status: int, message: str) -> dict[str, Any]:
        """See `Shape.error`."""
        return {"detail": message, **super().error(status, message)}


def sigmoid(logit: float) -> float:
    """1 / (1 + e^-logit), without an overflow."""
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    grown = math.exp(logit)
    return grown / (1 + grown)
