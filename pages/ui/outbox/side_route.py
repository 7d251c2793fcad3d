"""The side route: a component posts its outbox and is answered with what a rerun would have sent down, without a rerun.

It is a shorter way for what a session may do anyway, never a further one. A component offers it each time its fragment
runs; where it is not there (the page runs without the server of app.py) or refuses, the events come as the component's
state. What comes both ways is kept once: (client_id, seq) names an event.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.outbox.events import GradeEvent, parse_outbox
from pages.ui.outbox.passes import Gate, Pass, Reply, Visitor
from pages.ui.outbox.writer import Writer, is_nameless
from rerank_core.errors import SettingsError, WorkspaceError

PATH = "rerank-lens/outbox"
TOKEN = "x-rerank-lens-pass"  # a header: no address and no log ever holds it, and no form of another site can send it
LARGEST_BODY = 1_000_000
_LOGIN_COOKIES = "_streamlit_user"  # Streamlit's signed cookies of st.login; long ones come in parts, numbered


def _is_live(session_id: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session_id)


_gate = Gate(_is_live)


def serve(on: bool) -> None:
    """Say that the route is (or is no longer) there: until then, nobody is offered it."""
    _gate.is_open = on


def routes() -> list[Route]:
    """What the server has to route here."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return [Route("/" + "/".join(filter(None, (base, PATH))), _receive, methods=["POST"])]


def offer(component: str, outbox_key: str, reply: Reply, writer: Writer) -> dict[str, str] | None:
    """The way for the component of this key, to be sent to its script; None where there is none.

    `reply` is called later, in a thread and without a script: it may use what it was made with, and no `st`.
    `outbox_key`: what this session may write by it from now on. `writer`: who does; asked anew at each post.
    """
    from pages.ui import cache  # what is cached wants a runtime to be there first

    context = get_script_run_ctx()
    if not _gate.is_open or context is None:
        return None
    if is_nameless(outbox_key) or not writer.owns(outbox_key):
        return None  # nobody grades without a name, or under another one than their own
    visitor = _visitor(st.context.headers.get_all, st.context.cookies)
    if not visitor.origin:
        return None
    cache.when_session_ends(_gate.end, context.session_id)
    allowed = _while_allowed(writer, reply)
    return {"path": PATH, "token": _gate.grant(context.session_id, component, visitor, outbox_key, allowed)}


def _while_allowed(writer: Writer, reply: Reply) -> Reply:
    """The reply, as long as the writer may send."""

    def answer(events: list[GradeEvent]) -> Mapping[str, Any]:
        writer.check()
        return reply(events)

    return answer


def _visitor(headers: Callable[[str], Iterable[str]], cookies: Mapping[str, str]) -> Visitor:
    """Who a request comes from. Streamlit has checked the origin of a session's websocket: a post must have it too."""
    trusted = st.get_option("server.trustedUserHeaders")
    named = sorted(trusted) if isinstance(trusted, Mapping) else []
    login = [[name, *headers(name)] for name in named]
    login += [[name, cookies[name]] for name in sorted(cookies) if name.startswith(_LOGIN_COOKIES)]
    origins = list(headers("Origin"))
    text = json.dumps(login)
    return Visitor(origins[0] if len(origins) == 1 else "", hashlib.sha256(text.encode()).hexdigest())


async def _receive(request: Request) -> Response:
    shown = _gate.find(request.headers.get(TOKEN, ""), _visitor(request.headers.getlist, request.cookies))
    if shown is None:
        return _refused(403, "this pass does not hold (any more)")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refused(415, "JSON only")
    try:
        body = await _body(request)
        sent = json.loads(body) if body is not None else None
    except (ValueError, RecursionError, ClientDisconnect):
        return _refused(400, "no JSON")
    if body is None:
        return _refused(413, "too large")
    if not isinstance(sent, dict) or set(sent) != {"outbox"} or not isinstance(sent["outbox"], list):
        return _refused(400, "no outbox")
    try:
        answer = await asyncio.to_thread(_answer, shown, parse_outbox(sent["outbox"]))
    except PermissionError as error:
        return _refused(403, str(error))
    except SettingsError:
        return _refused(403, "the roles cannot be read")
    except WorkspaceError as error:
        return _refused(503, str(error))  # post.js keeps all of it, shows this, and asks again
    return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})


def _answer(shown: Pass, events: list[GradeEvent]) -> bytes:
    down: Mapping[str, Any] = shown.reply(shown.admits(events))
    return json.dumps(down, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


async def _body(request: Request) -> bytes | None:
    """The body; None where it is larger than LARGEST_BODY, which is not read to its end."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > LARGEST_BODY:
            return None
    return bytes(read)


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"refused": why}, status, headers={"Cache-Control": "no-store"})
