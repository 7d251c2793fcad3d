"""What people write first: FastAPI around CrossEncoder.predict. `python -m tests.bench.serve.plain FOLDER PORT KIND`.

KIND "def": a plain function, which FastAPI runs in its threads; "async": one request at a time on the event loop.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Asked(BaseModel):
    """A query and its documents."""

    query: str
    documents: list[str]


def make_app(folder: str, kind: str) -> FastAPI:
    """The app, its model loaded."""
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu", local_files_only=True, max_length=512)
    raw, app = torch.nn.Identity(), FastAPI()

    def ranked(asked: Asked) -> dict[str, Any]:
        pairs = [(asked.query, text) for text in asked.documents]
        scores = model.predict(pairs, activation_fn=raw, show_progress_bar=False).tolist()
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        return {"results": [{"index": place, "relevance_score": scores[place]} for place in order]}

    @app.get("/health")
    def _health() -> dict[str, str]:
        return {"status": "ok"}

    if kind == "def":

        @app.post("/v2/rerank")
        def _in_threads(asked: Asked) -> dict[str, Any]:
            return ranked(asked)

    else:

        @app.post("/v2/rerank")
        async def _on_the_loop(asked: Asked) -> dict[str, Any]:
            return ranked(asked)

    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1], sys.argv[3]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
