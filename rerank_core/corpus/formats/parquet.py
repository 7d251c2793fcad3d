"""Parquet: passages out of a table, a batch of rows in memory at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.record import USUAL, Columns, make_doc, require_columns
from rerank_core.corpus.formats.regular import unreadable
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

BATCH_ROWS = 500


def read_docs(path: Path, columns: Columns = USUAL) -> Iterator[Doc]:
    """Passages in their order of rows, see `read_records`."""
    require_columns(column_names(path), columns, path, None)
    for row, record in read_records(path):
        yield make_doc(record, columns, path, row)


def read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(the row's number from 1, its fields). Raises BadInputError, whose line is that number.

    Dates and times are ISO 8601, decimals text, bytes text where they are UTF-8 and null where they are not, NaN null.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=BATCH_ROWS):
                for record in batch.to_pylist():
                    row += 1
                    yield row, {name: _plain(value) for name, value in record.items()}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error, row) from error


def column_names(path: Path) -> tuple[str, ...]:
    """The names of the columns. Raises BadInputError where it is no Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, error, 0) from error


def _unreadable(path: Path, error: Exception, row: int) -> BadInputError:
    if isinstance(error, OSError) and error.strerror:
        return unreadable(path, error)
    return BadInputError(path, row or None, f"it is not a whole Parquet file ({error})", "a Parquet file")


def count_rows(path: Path) -> int:
    """How many rows the file says it has; 0 where it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return 0


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return _text_or_none(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return value if value is None or isinstance(value, str | int) else str(value)


def _text_or_none(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None
