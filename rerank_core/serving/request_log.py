"""What was asked and answered, one JSON object per line, in files that rotate. Its schema stands in this room's paper.

Texts of documents are not written, only their hashes; the query is, or its hash alone.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from rerank_core.serving.asked import Asked
from rerank_core.serving.protocols.places import places
from rerank_core.serving.served import Answer
from rerank_core.types import text_hash

VERSION = 1
RERANK, SHADOW, REFUSED = KINDS = ("rerank", "shadow", "refused")
MOST_BYTES, MOST_FILES = 64 * 2**20, 5


class RequestLog:
    """Appends lines to `path`; a full file becomes `path`.1, that one `path`.2, and the last of `files` goes.

    Safe for several threads. A disk that takes nothing ends no request: it is said once on stderr, and counted.
    `hash_query`: the hash of a query in place of the query. Raises OSError where the file cannot be opened.
    """

    def __init__(
        self, path: Path, hash_query: bool = False, most_bytes: int = MOST_BYTES, files: int = MOST_FILES
    ) -> None:
        self._path, self._hash_query, self._most, self._files = path, hash_query, most_bytes, files
        self._lock = threading.Lock()
        self._closed = False
        self.lost = 0
        self._file: FileIO | None = self._opened()

    def answered(
        self,
        kind: str,
        request: str,
        system: str,
        key: str,
        protocol: str,
        asked: Asked,
        answer: Answer,
        milliseconds: Mapping[str, float],
    ) -> None:
        """A ranking that was given to a caller (RERANK), or made beside it and given to nobody (SHADOW)."""
        told = places(answer.ranking)
        self._write(
            {
                **self._head(kind, request, system, key, protocol, asked),
                "status": 200,
                "candidates": [_candidate(asked, place) for place in range(len(asked.docs))],
                "ranking": [
                    {"place": place.index, "rank": rank, "score": place.score if place.has_score else None}
                    for rank, place in enumerate(told, 1)
                ],
                "moved": any(place.index != rank for rank, place in enumerate(told)),
                "cut": {str(place.index): place.tokens_cut for place in told if place.tokens_cut},
                "pairs": answer.pairs,
                "kept_scores": answer.hits,
                "ms": {name: round(value, 3) for name, value in milliseconds.items()},
            }
        )

    def failed(
        self,
        kind: str,
        request: str,
        system: str,
        key: str,
        protocol: str,
        asked: Asked | None,
        status: int,
        reason: str,
        milliseconds: Mapping[str, float],
    ) -> None:
        """A request that had an error for an answer (REFUSED, whoever is to blame), or a shadow that failed."""
        self._write(
            {
                **self._head(kind, request, system, key, protocol, asked),
                "status": status,
                "error": reason[:500],
                "ms": {name: round(value, 3) for name, value in milliseconds.items()},
            }
        )

    def close(self) -> None:
        """Write no more."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _head(
        self, kind: str, request: str, system: str, key: str, protocol: str, asked: Asked | None
    ) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head: dict[str, Any] = {"v": VERSION, "kind": kind, "time": at, "request": request}
        head |= {"protocol": protocol, "system": system, "key": key}
        if asked is not None:
            head["query_hash"] = text_hash(asked.query)
            if not self._hash_query:
                head["query"] = asked.query
        return head

    def _write(self, row: Mapping[str, Any]) -> None:
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        # half of a surrogate pair in an id becomes its escape, which JSON has too
        line = text.encode("utf-8", "backslashreplace")
        with self._lock:
            if self._closed:
                return
            try:
                self._append(line)
            except OSError as error:
                self.lost += 1
                if self.lost == 1:
                    sys.stderr.write(f"The request log cannot be written: {error}. Requests go on without it.\n")

    def _append(self, line: bytes) -> None:
        """The whole line or none of it. Nothing is buffered: what failed once is not written later, nor at the end."""
        if self._file is None:  # it could not be turned
            self._file = self._opened()
        before = self._file.tell()
        if before and before + len(line) > self._most:
            self._rotate()
            before = 0
        if (written := self._file.write(line)) != len(line):
            self._file.truncate(before)
            self._file.seek(before)
            raise OSError(errno.ENOSPC, f"{written} of {len(line)} bytes were written", str(self._path))

    def _rotate(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
        if self._files <= 1:
            self._path.unlink(missing_ok=True)
        for number in range(self._files - 1, 0, -1):
            older = self._numbered(number - 1)
            if older.exists():
                os.replace(older, self._numbered(number))
        self._file = self._opened()

    def _numbered(self, number: int) -> Path:
        return self._path if not number else self._path.with_name(f"{self._path.name}.{number}")

    def _opened(self) -> FileIO:
        # queries are people's own: for the owner alone
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        file = FileIO(descriptor, "a")
        file.seek(0, os.SEEK_END)
        return file


def _candidate(asked: Asked, place: int) -> dict[str, Any]:
    row: dict[str, Any] = {"place": place, "text_hash": asked.docs[place].text_hash}
    if asked.ids[place] is not None:
        row["id"] = asked.ids[place]
    if asked.scores[place] is not None:
        row["score"] = asked.scores[place]
    return row
