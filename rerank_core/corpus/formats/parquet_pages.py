"""How much memory a row group of a Parquet file may take, told by the headers of its pages before any is unpacked.

The file's own summary may say anything; the headers of the pages are what the reader goes by. A page header is a struct
in Thrift's compact protocol: https://parquet.apache.org/docs/file-format/data-pages/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BUDGET = 96 * 2**20
"""Bytes that a batch of rows may take, by estimate."""
MOST = 320 * 2**20
"""Bytes that a single row, with the pages that it lies in, may take, by estimate."""
MOST_LEAVES = 8_000_000
"""Items that the lists of one column may have in a row group."""
MOST_PAGES = 300_000
BATCHES = (500, 100, 20, 5, 1)

_DICTIONARY_PAGE, _DATA_PAGE, _DATA_PAGE_2 = 2, 0, 3
_BY_DICTIONARY = (2, 8)
_BY_PREFIX = 7
_HEADER = 2**16
_LARGEST_HEADER = 2**22
_DEEPEST = 8
_PACKINGS = ("snappy", "gzip", "brotli", "zstd", "lz4_raw")
_FIXED = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE")


class BadPagesError(ValueError):
    """Pages that no reader could read, or that would take more memory than is given to them."""


@dataclass(slots=True)
class _Pages:
    """The pages of one column in one row group. `data`: (values, bytes unpacked) of each."""

    data: list[tuple[int, int]] = field(default_factory=list)
    dictionary: int = 0
    entry: int = 0
    by_dictionary: bool = False
    by_prefix: bool = False

    @property
    def biggest(self) -> int:
        return max([self.dictionary, *(size for _, size in self.data)])

    @property
    def leaves(self) -> int:
        return sum(values for values, _ in self.data)

    def window(self, rows: int) -> int:
        """The most bytes of pages that `rows` rows in a row lie in."""
        best = total = inside = last = 0
        for values, size in self.data:
            while last < len(self.data) and inside < rows + values:
                inside += self.data[last][0]
                total += self.data[last][1]
                last += 1
            best = max(best, total)
            inside -= values
            total -= size
        return best


def rows_at_once(file: BinaryIO, group: pq.RowGroupMetaData, schema: pq.ParquetSchema, columns: Sequence[int]) -> int:
    """How many rows of these columns may be unpacked together. Raises BadPagesError where not even one may be."""
    costs = []
    for place in columns:
        chunk, column = group.column(place), schema.column(place)
        pages = _walk(file, chunk)
        costs.append((pages, column.max_repetition_level > 0, chunk.physical_type in _FIXED, column.path))
    for rows in BATCHES:
        cost = sum(_cost(pages, rows, nested, fixed, path) for pages, nested, fixed, path in costs)
        if cost <= BUDGET:
            return rows
    if cost > MOST:
        raise BadPagesError(f"a row may unpack to {cost // 2**20:,} MiB, more than {MOST // 2**20}")
    return 1


def _cost(pages: _Pages, rows: int, nested: bool, fixed: bool, path: str) -> int:
    if nested:
        leaves = pages.leaves
        if leaves > MOST_LEAVES:
            raise BadPagesError(f"the lists of '{path[:80]}' have {leaves:,} items in one row group")
        # one row may be all of it
        values = 8 if fixed else pages.biggest if pages.by_prefix else pages.entry if pages.by_dictionary else 0
        return leaves * (8 + values) + sum(size for _, size in pages.data)
    if fixed:
        return pages.biggest + 16 * rows
    value = pages.biggest if pages.by_prefix else pages.entry if pages.by_dictionary else 0
    return pages.dictionary + 2 * pages.window(rows) + rows * value


def _walk(file: BinaryIO, chunk: pq.ColumnChunkMetaData) -> _Pages:
    starts = [place for place in (chunk.dictionary_page_offset, chunk.data_page_offset) if place]
    place = min(starts, default=0)
    end, found = place + chunk.total_compressed_size, _Pages()
    while place < end:
        if len(found.data) > MOST_PAGES:
            raise BadPagesError(f"a column has more than {MOST_PAGES:,} pages")
        header, length = _header(file, place)
        kind, unpacked, packed = (header.get(number, -1) for number in (1, 2, 3))
        if not all(isinstance(number, int) and number >= 0 for number in (kind, unpacked, packed)):
            raise BadPagesError("a page has no size")
        if kind == _DICTIONARY_PAGE:
            found.dictionary += unpacked
            found.entry = max(found.entry, _longest_entry(file, place + length, packed, unpacked))
        elif kind in (_DATA_PAGE, _DATA_PAGE_2):
            own = header.get(5 if kind == _DATA_PAGE else 8)
            values, encoding = (
                (own.get(1), own.get(2 if kind == _DATA_PAGE else 4)) if isinstance(own, dict) else (0, 0)
            )
            if not isinstance(values, int) or values < 0:
                raise BadPagesError("a page has no number of values")
            found.data.append((values, unpacked))
            found.by_dictionary |= encoding in _BY_DICTIONARY
            found.by_prefix |= encoding == _BY_PREFIX
        place += length + packed
    return found


def _longest_entry(file: BinaryIO, place: int, packed: int, unpacked: int) -> int:
    """The length of the longest text of a dictionary, at least; its own length where that cannot be told.

    Which way it is packed is not asked: for one that it does not know, pyarrow ends the process. Each is tried.
    """
    if unpacked > BUDGET or packed > BUDGET:
        return unpacked
    file.seek(place)
    lengths = [_longest_text(content) for content in _unpacked(file.read(packed), unpacked)]
    return min(max(lengths, default=unpacked), unpacked)


def _unpacked(raw: bytes, size: int) -> Iterator[bytes]:
    """What the bytes may stand for: as they are, and by each way of packing that gives `size` bytes."""
    import pyarrow as pa

    if len(raw) == size:
        yield raw
    for codec in _PACKINGS:
        content = None
        with suppress(pa.ArrowException, OSError, ValueError):
            content = pa.Codec(codec).decompress(raw, decompressed_size=size, asbytes=True)
        if content is not None:
            yield content


def _longest_text(content: bytes) -> int:
    longest = start = 0
    while start + 4 <= len(content):
        length = int.from_bytes(content[start : start + 4], "little")
        longest, start = max(longest, length), start + 4 + length
    return longest


def _header(file: BinaryIO, place: int) -> tuple[dict[int, Any], int]:
    """A page's header, field number -> value, and its length."""
    size = _HEADER
    while size <= _LARGEST_HEADER:
        file.seek(place)
        raw = file.read(size)
        try:
            reader = _Compact(raw)
            return reader.struct(), reader.place
        except IndexError:
            if len(raw) < size:
                break
            size *= 8
    raise BadPagesError("a page's header is cut or too long")


class _Compact:
    """Thrift's compact protocol, as far as headers of pages need it. Raises IndexError at the end of the bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self.place = raw, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Field number -> integer, or struct as a dict; other fields are left out."""
        if depth > _DEEPEST:
            raise BadPagesError("a page's header is nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while kind := self._byte():
            number = number + (kind >> 4) if kind >> 4 else self._integer()
            value = self._value(kind & 15, depth)
            if value is not None:
                fields[number] = value
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (1, 2):
            return None
        if kind in (4, 5, 6):
            return self._integer()
        if kind == 12:
            return self.struct(depth + 1)
        if kind in (3, 7, 8):
            self._skip({3: 1, 7: 8}.get(kind) or self._varint())
        elif kind in (9, 10):
            for _ in self._items():
                raise BadPagesError("a page's header holds a list")
        else:
            raise BadPagesError("a page's header is no header")
        return None

    def _items(self) -> Iterator[int]:
        size = self._byte() >> 4
        yield from range(self._varint() if size == 15 else size)

    def _skip(self, count: int) -> None:
        self.place += count
        if self.place > len(self._raw):
            raise IndexError

    def _byte(self) -> int:
        self.place += 1
        return self._raw[self.place - 1]

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise BadPagesError("a page's header is no header")

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
