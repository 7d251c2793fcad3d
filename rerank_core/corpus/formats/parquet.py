"""Parquet: passages out of a table, a batch of rows in memory at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rerank_core.corpus.formats.columns import USUAL, Columns
from rerank_core.corpus.formats.lines import LARGEST
from rerank_core.corpus.formats.parquet_pages import BadPagesError, rows_at_once
from rerank_core.corpus.formats.record import MOST_FIELDS, make_doc, require_columns
from rerank_core.corpus.formats.regular import open_regular, unreadable
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_MOST_PARTS = 100_000
_LONGEST_NAME = 16 * 2**20
"""What a file's summary may hold: so many columns or row groups, and a text of so many bytes."""


def read_docs(path: Path, columns: Columns = USUAL) -> Iterator[Doc]:
    """Passages in their order of rows, see `read_records`."""
    require_columns(column_names(path), columns, path, None)
    for row, record in read_records(path):
        yield make_doc(record, columns, path, row)


def read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(the row's number from 1, its fields). Raises BadInputError, whose line is that number.

    Dates and times are ISO 8601, decimals text, bytes text where they are UTF-8 and null where they are not, NaN null.
    A row of more than 8 MiB is refused, and so are pages that could not be unpacked within some hundred MiB.
    """
    row = 0
    with _opened(path) as (stream, table):
        leaves = range(table.metadata.num_columns)
        for place in range(table.num_row_groups):
            with _explained(path, row):
                rows = rows_at_once(stream, table.metadata.row_group(place), table.schema, leaves)
                batches = table.iter_batches(batch_size=rows, row_groups=[place], use_threads=False)
            while True:
                with _explained(path, row):
                    batch = next(batches, None)
                if batch is None:
                    break
                for record in _records(path, batch, row):
                    row += 1
                    yield row, record


def _records(path: Path, batch: pa.RecordBatch, row: int) -> Iterator[dict[str, Any]]:
    """The rows of a batch that begins behind `row`; one by one where they are long, or hold what Python has not."""
    if batch.nbytes <= LARGEST:
        with suppress(ValueError, ArithmeticError, TypeError, NotImplementedError):
            records = [_record(record) for record in batch.to_pylist()]
            yield from records
            return
    for place in range(batch.num_rows):
        part = batch.slice(place, 1)
        with _explained(path, row + place):
            if part.nbytes > LARGEST:
                raise BadInputError(path, row + place + 1, "the row is longer than 8 MiB", "one passage per row")
            (record,) = part.to_pylist()
        yield _record(record)


def _record(record: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in record.items()}


def column_names(path: Path) -> tuple[str, ...]:
    """The names of the columns. Raises BadInputError where it is no Parquet file."""
    with _opened(path) as (_, table), _explained(path):
        return tuple(table.schema_arrow.names)


def count_rows(path: Path) -> int:
    """How many rows the file says it has; 0 where it cannot be read."""
    try:
        with _opened(path) as (_, table):
            return int(table.metadata.num_rows)
    except BadInputError:
        return 0


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, pq.ParquetFile]]:
    import pyarrow.parquet as pq

    with open_regular(path) as stream, open_regular(path) as headers:
        with _explained(path):
            table = pq.ParquetFile(
                stream,
                buffer_size=2**20,
                thrift_string_size_limit=_LONGEST_NAME,
                thrift_container_size_limit=_MOST_PARTS,
            )
        count = table.metadata.num_columns
        if count > MOST_FIELDS:
            raise BadInputError(path, None, f"there are {count:,} columns", f"at most {MOST_FIELDS:,}")
        with table:
            yield headers, table


@contextmanager
def _explained(path: Path, row: int = 0) -> Iterator[None]:
    """Have what the reader raises behind `row` as a BadInputError."""
    import pyarrow as pa

    try:
        yield
    except BadPagesError as error:
        expected = "smaller pages, as most tools write them, or row groups of fewer rows"
        raise BadInputError(path, row + 1, f"it cannot be read ({error})", expected) from error
    except (pa.ArrowException, OSError, ValueError, ArithmeticError, TypeError, LookupError, MemoryError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise unreadable(path, error) from error
        problem = f"it cannot be read as a whole Parquet file ({error})"
        raise BadInputError(path, row + 1 if row else None, problem, "a Parquet file") from error


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
