"""Clicks as CSV or TSV: a column for the request, one for the passage, and where there is one for the time."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.errors import BadInputError
from rerank_core.monitoring.logs.rows import RowError, as_time, docid_of
from rerank_core.store.traffic_clicks import LoggedClick

_NAMES: Mapping[str, Sequence[str]] = {
    "request": ("request", "request_id", "requestid", "query_id", "search_id", "trace_id"),
    "docid": ("docid", "doc_id", "document_id", "object_id", "passage", "passage_id", "item", "item_id", "id"),
    "time": ("time", "timestamp", "ts", "at", "date", "clicked_at"),
}
_DELIMITERS = ("\t", ";", ",")


@dataclass(frozen=True, slots=True)
class ClickColumns:
    """Where the columns of a table of clicks stand; `time` None: there is none. `width`: of each row."""

    delimiter: str
    request: int
    docid: int
    time: int | None
    width: int

    @classmethod
    def of(cls, source: str, line: int, header: str) -> ClickColumns:
        """The columns by their usual names. Raises BadInputError where the request or the passage is not named."""
        delimiter = next((one for one in _DELIMITERS if one in header), ",")
        names = [name.strip().casefold() for name in _cells(header, delimiter)]
        found = {
            role: next((names.index(one) for one in usual if one in names), None) for role, usual in _NAMES.items()
        }
        for role in ("request", "docid"):
            if found[role] is None:
                problem = f"no column is named {' or '.join(_NAMES[role][:2])}"
                raise BadInputError(source, line, problem, "a header such as request,docid,time")
        return cls(delimiter, found["request"] or 0, found["docid"] or 0, found["time"], len(names))

    def read(self, text: str) -> LoggedClick:
        """The click of a row. Raises RowError."""
        cells = [cell.strip() for cell in _cells(text, self.delimiter)]
        if len(cells) != self.width:
            raise RowError(f"there are {len(cells)} cells, and the header has {self.width}")
        request = cells[self.request][:512]
        if not request:
            raise RowError("there is no request")
        at = as_time(cells[self.time]) if self.time is not None and cells[self.time] else 0.0
        return LoggedClick(request, docid_of(cells[self.docid]), at)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise RowError(f"it is no row of a table ({error})") from error
