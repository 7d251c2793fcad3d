"""Uploads as an import reads them: once, and by the names that their owners gave them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rerank_core.errors import BadInputError
from rerank_core.store.uploads import discard_upload, shown_source
from rerank_core.store.workspace import Workspace


@contextmanager
def read_once(workspace: Workspace, source: Path) -> Iterator[None]:
    """Within the block an upload is read; afterwards it is removed, whether that succeeded or failed.

    Errors name its files as `named_as_uploaded` does. What is no upload stays as it is.
    """
    try:
        with named_as_uploaded(workspace):
            yield
    finally:
        discard_upload(workspace, source)


@contextmanager
def named_as_uploaded(workspace: Workspace) -> Iterator[None]:
    """Errors within the block name uploaded files by their own names, not by the place where they lay."""
    try:
        yield
    except BadInputError as error:
        texts = (error.source, error.problem, error.expected)
        name, problem, expected = (shown_source(workspace, text) for text in texts)
        raise BadInputError(name or "the uploaded files", error.line, problem, expected) from error
