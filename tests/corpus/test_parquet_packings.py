"""Parquet by every way of packing, and by ways that nobody knows: pyarrow must not end the process over one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rerank_core.corpus.formats.parquet import read_records
from rerank_core.corpus.formats.parquet_pages import BUDGET, rows_at_once

TEXTS = ["fish", "owls " * 2_000, "terns"] * 40
SNAPPY = b"\x15\x02"  # the field of a column's summary that says how it is packed, in Thrift: an integer, 1
READ = """
import sys
from pathlib import Path
from rerank_core.corpus.formats.parquet import read_records
from rerank_core.errors import BadInputError
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        print(path.name, len(list(read_records(path))))
    except BadInputError as error:
        print(path.name, "refused", path.name in str(error))
"""


@pytest.mark.parametrize("packing", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
def test_the_longest_text_of_a_dictionary_is_known_by_every_packing(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": TEXTS}), path, compression=packing)
    assert [record["text"] for _, record in read_records(path)] == TEXTS
    # 32 MiB of text in the dictionary: a few rows of it are more than is given to a batch
    long = "owl " * (BUDGET // 12)
    pq.write_table(
        pa.table({"text": [long, "a", long, "b"]}), path, compression=packing, dictionary_pagesize_limit=2**30
    )
    with path.open("rb") as stream:
        file = pq.ParquetFile(stream)
        assert rows_at_once(stream, file.metadata.row_group(0), file.schema, [0]) == 1


def test_a_packing_that_nobody_knows_is_refused_and_ends_no_process(tmp_path: Path) -> None:
    good = tmp_path / "good.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "text": ["fish", "owls"]}), good, compression="snappy")
    raw = good.read_bytes()
    length = int.from_bytes(raw[-8:-4], "little")
    summary = raw[-8 - length : -8]
    (folder := tmp_path / "odd").mkdir()
    places = [place for place in range(len(summary)) if summary[place : place + 2] == SNAPPY]
    for place in places:
        for packing in (2, 3, 4, 8, 20, 63):
            odd = summary[: place + 1] + bytes([2 * packing]) + summary[place + 2 :]
            (folder / f"{place:04}-{packing:02}.parquet").write_bytes(raw[: -8 - length] + odd + raw[-8:])
    command = [sys.executable, "-c", READ, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]
    lines = done.stdout.splitlines()
    assert len(lines) == 6 * len(places)
    assert "refused False" not in done.stdout
    assert sum("refused True" in line for line in lines) >= 12, "two columns, six ways that it was not packed by"
