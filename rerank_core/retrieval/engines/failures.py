"""What a failing engine is told as: one line with the address and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rerank_core.errors import ProviderError
from rerank_core.retrieval.engines.source import EngineSource

Reply = TypeVar("Reply")
KEPT = "What was ranked is kept; start the run again to go on."


def failed(
    source: EngineSource, problem: str, advice: str = "", status: int | None = None, retryable: bool = False
) -> ProviderError:
    """The error to raise. `problem`: what it does, after its name. `advice`: what to do, as a sentence."""
    return ProviderError(source.label, status, retryable, problem, advice)


def advised(source: EngineSource, call: Callable[[], Reply]) -> Reply:
    """What `call` returns; a ProviderError of the project's HTTP door gets the index's name and what to do."""
    try:
        return call()
    except ProviderError as error:
        told = str(error).removeprefix(f"{source.label}: ").replace("this model or address", "this index or address")
        advice = _advice(source, error.status)
        problem = f"{told.rstrip('.')}. {advice}"
        status, retryable = error.status, error.retryable
    # raised outside of the except block: no foreign exception travels with ours
    again = ProviderError(source.label, None, retryable, problem)
    again.status = status
    raise again


def _advice(source: EngineSource, status: int | None) -> str:
    variable = source.key_variable
    if status in (401, 403):
        return f"Check the key in {variable}." if variable else "Name the environment variable that has the key."
    if status == 404:
        return f"Check that '{source.index}' is there." if source.index else "Check the address."
    if status == 429:
        return f"Set a rate limit for this source. {KEPT}"
    if status in (400, 422):
        return "Check the template and the names of the fields."
    return f"Check that it runs, and its address. {KEPT}"
