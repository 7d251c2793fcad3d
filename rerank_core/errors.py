"""Every error that this package raises on purpose.

RerankLensError
├── BadInputError          a file or a value from outside: names the file, the line, what was expected
├── NotFoundError          a dataset, query, passage, system or job that the workspace does not hold
├── SettingsError          settings that cannot work together, or lie outside their range
│   └── NameTakenError     a system of this name would be replaced, and nobody said that it may be
├── NotReadyError          a reranker that needs a download, a key, an extra or a GPU first
├── WorkspaceError         the workspace's file cannot be used now: moved, damaged, full, newer, only to be read
├── InvitationError        a link that opens nothing, or was withdrawn
├── CancelledError         a person asked for the work to stop
└── ProviderError          somebody else's service failed (vendor, status, retryable)
"""

from __future__ import annotations

from pathlib import Path


class RerankLensError(Exception):
    """The root: a message that can be shown to a person as it is.

    >>> import rerank_core as rl
    >>> try:
    ...     rl.load("no-such-model")
    ... except rl.RerankLensError as error:
    ...     print(error)
    there is no reranker 'no-such-model' in the catalogue
    """


class BadInputError(RerankLensError):
    """A file or value from outside that cannot be used.

    `source` names the file (or the field of a form), `line` counts from 1 (None where there are no lines), and
    `expected` says what would have been right. Nothing of the input has been kept when this is raised.
    """

    def __init__(self, source: str | Path, line: int | None, problem: str, expected: str = "") -> None:
        self.source, self.line = printable(str(source), _LONGEST_SOURCE), line
        self.problem, self.expected = printable(problem, _LONGEST_PART), printable(expected, _LONGEST_PART)
        place = f"{self.source}, line {line}" if line is not None else self.source
        super().__init__(f"{place}: {self.problem}." + (f" Expected: {self.expected}." if self.expected else ""))


_LONGEST_SOURCE, _LONGEST_PART = 4_096, 1_500


def printable(text: str, longest: int = _LONGEST_SOURCE) -> str:
    """The text as it can be shown and stored: its middle left out where it is longer, lone surrogates written out.

    An id or a header may hold 100 KB, and the bytes of a file's name need not be UTF-8.
    """
    if len(text) > longest:
        text = f"{text[: longest // 2]} … {text[-longest // 2 + 3 :]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class NotFoundError(RerankLensError):
    """A dataset, query, passage, system or job that the workspace does not hold."""


class SettingsError(RerankLensError):
    """Settings that cannot work together, or lie outside their range."""


class NameTakenError(SettingsError):
    """A system of this name is there and would be replaced. `name`: as it is kept."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is a system '{name}' already. Replace it, or choose another name.")


class NotReadyError(RerankLensError):
    """A reranker that needs a download, a key, an extra or a GPU first; the message says which and how."""


class WorkspaceError(RerankLensError):
    """The workspace's file cannot be used now: it is not where it was, or damaged, full, newer, locked or read-only.

    Nothing of what was to be written has been kept in it.
    """


class InvitationError(RerankLensError):
    """A link that opens nothing (any more); the message is for whoever holds it, and says nothing of other links."""


class CancelledError(RerankLensError):
    """A person asked for the work to stop; what was finished before is kept."""


class ProviderError(RerankLensError):
    """Somebody else's service failed.

    `status` is the HTTP status, None for a transport failure; `retryable` says whether the same call may work later.
    The message never holds headers or keys; of the vendor's own text at most one short line without keys.
    """

    def __init__(self, vendor: str, status: int | None, retryable: bool, problem: str, told: str = "") -> None:
        self.vendor, self.status, self.retryable = vendor, status, retryable
        super().__init__(
            f"{vendor}: {problem}" + (f" (HTTP {status})" if status is not None else "") + (f": {told}" if told else "")
        )
