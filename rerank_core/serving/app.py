"""The routes: three protocols, and what says how the server does. `/openapi.json` describes them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

import rerank_core
from rerank_core.serving.answering import Desk
from rerank_core.serving.body import RefusedError
from rerank_core.serving.metrics import TYPE
from rerank_core.serving.protocols.cohere import CohereV1, CohereV2
from rerank_core.serving.protocols.jina import Jina
from rerank_core.serving.protocols.shape import Shape
from rerank_core.serving.protocols.tei import Either, Tei
from rerank_core.systems.composites.members import describe


def make_app(desk: Desk) -> FastAPI:
    """The app of one served system."""
    app = FastAPI(
        title="Rerank Lens",
        version=rerank_core.__version__,
        description=f"Serves {desk.served.label}.",
        docs_url=None,  # that page loads scripts from somebody else's server
        redoc_url=None,
        openapi_url=None,  # it names the system: for callers, see below
        redirect_slashes=False,  # it would send callers to whatever name they came by
    )
    _rerank_routes(app, desk)
    _state_routes(app, desk)

    @app.exception_handler(HTTPException)
    async def _no_such_route(request: Request, error: HTTPException) -> Response:
        body = {"message": error.detail, "detail": error.detail}
        return JSONResponse(body, error.status_code, {**(error.headers or {}), **desk.closing})

    return app


def _rerank_routes(app: FastAPI, desk: Desk) -> None:
    v2, v1, jina = CohereV2(), CohereV1(), Jina()
    tei, either = Tei(desk.served.is_logit), Either(desk.served.is_logit)

    @app.post("/v2/rerank", openapi_extra=_body(v2), summary="Cohere, version 2")
    async def _v2(request: Request) -> Response:
        return await desk.rerank(request, lambda values: v2, v2)

    @app.post("/v1/rerank", openapi_extra=_body(v1), summary="Cohere, version 1; Jina and Voyage")
    async def _v1(request: Request) -> Response:
        return await desk.rerank(request, lambda values: v1, v1)

    @app.post("/rerank", openapi_extra=_body(jina, tei), summary="Jina, Voyage, vLLM; Text Embeddings Inference")
    async def _rerank(request: Request) -> Response:
        return await desk.rerank(request, lambda values: tei if "texts" in values else jina, either)


def _state_routes(app: FastAPI, desk: Desk) -> None:
    @app.head("/health", include_in_schema=False)
    @app.get("/health", summary="200 while it serves, 503 while it stops")
    async def _health() -> Response:
        status, told = (503, "stopping") if desk.draining else (200, "ok")
        return JSONResponse({"status": told}, status, desk.closing)

    @app.get("/info", summary="What is served")
    async def _info(request: Request) -> Response:
        return _for_callers(desk, request) or JSONResponse(info(desk), headers=desk.closing)

    @app.get("/metrics", summary="Figures for Prometheus")
    async def _metrics(request: Request) -> Response:
        return _for_callers(desk, request) or Response(desk.metrics.text(), headers=desk.closing, media_type=TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    async def _openapi(request: Request) -> Response:
        return _for_callers(desk, request) or JSONResponse(app.openapi(), headers=desk.closing)


def _for_callers(desk: Desk, request: Request) -> Response | None:
    """The refusal of somebody without a key; None: go on."""
    try:
        desk.check_caller(request)
    except RefusedError as refused:
        body = {"message": str(refused), "detail": str(refused)}
        return JSONResponse(body, refused.status, desk.closing)
    return None


def info(desk: Desk) -> dict[str, Any]:
    """What is served, in Text Embeddings Inference's names where it has them."""
    served, system = desk.served, desk.served.system
    return {
        "model_id": system.id,
        "model_type": {"reranker": {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}},
        "max_input_length": served.max_tokens,
        "max_client_batch_size": desk.limits.documents,
        "max_concurrent_requests": desk.limits.at_once + desk.limits.waiting,
        "version": rerank_core.__version__,
        "key": system.key,
        "what": describe(system.spec) if system.spec is not None else system.label,
        "models": [leaf.id for leaf in system.leaves],
        "score_scale": system.model.score_scale,
        "caveats": list(served.caveats),
    }


def _body(*shapes: Shape) -> dict[str, Any]:
    """The request's schema for OpenAPI: bodies are read by `Desk`, within bounds."""
    schemas = [shape.fields.model_json_schema() for shape in shapes]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
