"""The verb `serve`: a system of the workspace over HTTP."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.shell.answer import Call, VerbResult, facts_result
from rerank_core.shell.serving_options import KEYS_VARIABLE
from rerank_core.systems.systems import get_system

if TYPE_CHECKING:
    from rerank_core.serving.answering import Desk
    from rerank_core.serving.limits import Limits
    from rerank_core.serving.request_log import RequestLog
    from rerank_core.serving.served import Served
    from rerank_core.serving.shadow import Shadow

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHORTEST_KEY = 16


def serve(call: Call) -> VerbResult:
    """How many requests were taken and answered, once it was stopped.

    Raises NotReadyError without the extra, SettingsError for a system that cannot be served and for an address that is
    not to be open.
    """
    try:
        from rerank_core.serving.server import LensServer
    except ImportError as missing:
        raise NotReadyError(f'Needs a library ({missing.name}): pip install "rerank-lens[serve]"') from missing
    options, keys = call.options, _keys()
    if options.address not in _LOOPBACK and not keys:
        raise SettingsError(f"{options.address} is open to other machines: set {KEYS_VARIABLE} to one or more keys.")
    desk = _desk(call, keys)
    try:
        server = LensServer(desk, options.address, options.port)
    except SettingsError:
        desk.close()
        raise
    _say(*desk.served.caveats)
    _say(f"Serving {desk.served.label} at http://{_written(options.address)}:{server.port}. Ctrl+C stops it.")
    server.serve_until_stopped()
    return facts_result({"taken": desk.admission.taken, "answered": desk.admission.answered})


def _desk(call: Call, keys: list[str]) -> Desk:
    from rerank_core.serving.answering import HERE, Desk
    from rerank_core.serving.score_cache import TimedScores
    from rerank_core.serving.served import Served

    options = call.options
    limits = _limits(options)
    if options.shadow and options.log is None:
        raise SettingsError("What a shadow ranks is read in the log: name one with --log.")
    if not 0 < options.share <= 1:
        raise SettingsError(f"The share of the shadow must lie above 0 and at most at 1, not {options.share}.")
    cache = TimedScores(options.cache_seconds) if options.cache_seconds > 0 else None
    call.progress(0, 0, "loading the models")
    names = [options.system, *([options.shadow] if options.shadow else [])]
    served, *beside = [Served(call.workspace, get_system(call.workspace, name), cache) for name in names]
    log = _log(options)
    return Desk(served, limits, keys, {*HERE, options.address}, log, _shadow(beside, options.share, log))


def _limits(options: argparse.Namespace) -> Limits:
    from rerank_core.serving.limits import MIB, Limits

    return Limits(
        options.max_body_mib * MIB, options.max_documents, options.max_tokens, options.at_once, options.waiting
    )


def _log(options: argparse.Namespace) -> RequestLog | None:
    from rerank_core.serving.limits import MIB
    from rerank_core.serving.request_log import RequestLog

    if options.log is None:
        return None
    if min(options.log_mib, options.log_files) < 1:
        raise SettingsError("A log has at least 1 MiB and 1 file.")
    return RequestLog(options.log, options.log_hashes, options.log_mib * MIB, options.log_files)


def _shadow(
    beside: Sequence[Served], share: float, log: RequestLog | None
) -> Callable[[Callable[[str], None]], Shadow] | None:
    from rerank_core.serving.shadow import Shadow

    return partial(Shadow, beside[0], share, log) if beside and log is not None else None


def _keys() -> list[str]:
    keys = os.environ.get(KEYS_VARIABLE, "").split()
    if any(len(key) < _SHORTEST_KEY for key in keys):
        raise SettingsError(f"A key in {KEYS_VARIABLE} has fewer than {_SHORTEST_KEY} characters: make a longer one.")
    return keys


def _written(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
