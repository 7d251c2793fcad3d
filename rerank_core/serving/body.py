"""The body of a request: read within bounds, as JSON and nothing that only looks like it."""

from __future__ import annotations

import asyncio
import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.requests import ClientDisconnect

from rerank_core.errors import printable

if TYPE_CHECKING:
    from starlette.requests import Request


class RefusedError(Exception):
    """A request that is not answered: `status` is the HTTP status, the text is for whoever sent it."""

    def __init__(self, status: int, problem: str, retry_after: int | None = None) -> None:
        super().__init__(problem)
        self.status, self.retry_after = status, retry_after


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """The whole body. Raises RefusedError where it is too large (`most` bytes) or too slow (`seconds`), or no JSON.

    A media type is asked for so that no web page can post here without the browser asking first.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, "the content type must be application/json")
    if any(coding.strip().lower() != "identity" for coding in request.headers.getlist("content-encoding")):
        raise RefusedError(415, "a compressed body is not read")
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length[:20]) > most:
        raise RefusedError(413, _too_large(most))
    try:
        async with asyncio.timeout(seconds):
            return await _within(request, most)
    except TimeoutError:
        raise RefusedError(408, f"the request did not arrive within {seconds:g} seconds") from None
    except ClientDisconnect:
        raise RefusedError(400, "the connection ended before the whole request had come") from None


async def _within(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise RefusedError(413, _too_large(most))
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> str:
    return f"a request may have {most:,} bytes"


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object. Raises RefusedError for anything else, and for numbers that are none (NaN, Infinity, 1e999).

    A name that stands twice in one object is refused as well: readers differ on which of the two counts.
    """
    try:
        values = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_number, parse_float=_finite, object_pairs_hook=_named_once
        )
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"the body is not UTF-8 (byte {error.start:,})") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RefusedError(400, f"the body is not JSON: {error.msg} ({place})") from None
    except RecursionError:
        raise RefusedError(400, "the body is not JSON that can be read: it is nested too deep") from None
    except ValueError:
        raise RefusedError(400, "the body is not JSON that can be read: a number is too long") from None
    if not isinstance(values, dict):
        raise RefusedError(400, "the body must be a JSON object")
    return values


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(400, f"the field {printable(twice, 60)} stands twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse_number(text)
    return number


def _refuse_number(text: str) -> NoReturn:
    raise RefusedError(400, f"{text[:20]} is no number of JSON")
