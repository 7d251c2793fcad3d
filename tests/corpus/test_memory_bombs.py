"""No import takes 1 GB, whatever its file claims or unpacks to: each runs in a process whose peak is asked."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MOST_MIB = 1_000
MB = 10**6
IMPORT = """
import sys
from pathlib import Path
from rerank_core.corpus.ingest import import_dataset
from rerank_core.errors import BadInputError
from rerank_core.store.workspace import Workspace
try:
    outcome = f"imported {import_dataset(Workspace(sys.argv[1]), 'x', Path(sys.argv[2])).passages}"
except BadInputError as error:
    outcome = f"refused: {error}"
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(outcome.replace(chr(10), " "), int(status["VmHWM"].split()[0]) // 1024)
"""


def _table(path: Path, columns: dict, **how) -> None:
    pq.write_table(pa.table(columns), path, **how)


def _cell(path: Path) -> None:
    _table(path, {"id": ["a"], "text": ["x" * (400 * MB)]}, compression="zstd", use_dictionary=False)


def _cell_in_dictionary(path: Path) -> None:
    _table(path, {"id": ["a"], "text": ["x" * (400 * MB)]}, compression="zstd")


def _other_column(path: Path) -> None:
    texts = ["y" * MB] * 500
    _table(path, {"id": [str(n) for n in range(500)], "text": ["fish"] * 500, "more": texts})


def _repeated_text(path: Path) -> None:
    _table(path, {"id": [str(n) for n in range(300)], "text": ["y" * MB] * 300})


def _by_prefix(path: Path) -> None:
    texts = ["y" * MB + str(n) for n in range(300)]
    columns = {"id": [str(n) for n in range(300)], "text": texts}
    _table(path, columns, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"}, compression="zstd")


def _lists(path: Path) -> None:
    dictionary = pa.DictionaryArray.from_arrays(pa.array([0] * 500_000, pa.int32()), pa.array(["z" * 10_000]))
    lists = pa.ListArray.from_arrays(pa.array([0, 500_000], pa.int32()), dictionary)
    _table(path, {"id": pa.array(["a"]), "text": pa.array(["x"]), "tags": lists}, compression="zstd")


def _empty_lists(path: Path) -> None:
    lists = pa.array([[None] * 20_000_000], pa.list_(pa.int8()))
    _table(path, {"id": pa.array(["a"]), "text": pa.array(["x"]), "tags": lists}, compression="zstd")


def _many_columns(path: Path) -> None:
    columns = {f"c{n}": ["z" * 20 * MB] for n in range(20)}
    _table(path, {"id": ["a"], "text": ["x"], **columns}, compression="zstd", use_dictionary=False)


def _words(path: Path) -> None:
    path.write_text("ab " * (62 * 2**20 // 3))


def _one_word(path: Path) -> None:
    path.write_text("x" * (63 * 2**20))


def _wide_word(path: Path) -> None:
    path.write_text("x" * (60 * 2**20) + "\U0001f600", encoding="utf-8")


def _long_line(path: Path) -> None:
    path.write_text(json.dumps({"id": "a", "text": "x" * (50 * MB)}))


def _longest_line(path: Path) -> None:
    path.write_text(json.dumps({"id": "a", "text": "ab " * (8 * 2**20 // 3 - 20)}))


def _small_things(path: Path) -> None:
    inner = "{}," * (8 * 2**20 // 3 - 40)
    path.write_text(f'{{"id": "a", "text": "x", "more": [{inner}1]}}\n' * 3)


def _many_keys(path: Path) -> None:
    with gzip.open(path, "wt", compresslevel=1) as file:
        for number in range(60):
            file.write(json.dumps({"id": str(number), "text": "x", f"{number}" * MB: 1}) + "\n")


def _big_metadata(path: Path) -> None:
    with gzip.open(path, "wt", compresslevel=1) as file:
        for number in range(60):
            file.write(json.dumps({"id": str(number), "text": "x", "more": "y" * 7 * MB}) + "\n")


def _same_ids(path: Path) -> None:
    with gzip.open(path, "wt", compresslevel=1) as file:
        for number in range(60):
            file.write(json.dumps({"id": str(number), "text": "y" * 7 * MB}) + "\n")
        for number in range(60):
            file.write(json.dumps({"id": str(number), "text": "z"}) + "\n")


def _cells(path: Path) -> None:
    path.write_text('id,text\n"a","' + "x" * (50 * MB) + '"\n')


def _quoted_row(path: Path) -> None:
    path.write_text("id,text\n" + '"' + "x\n" * (50 * MB // 2))


def _header(path: Path) -> None:
    path.write_text("id,text," + ",".join(f"c{number}" for number in range(10**6)) + "\n")


def _topics(path: Path) -> None:
    path.write_text("<top><num>1</num><title>x</title>" + "<desc>y" * (60 * 2**20 // 7))


BOMBS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a cell of 400 MB": ("x.parquet", _cell),
    "a cell of 400 MB in a dictionary": ("x.parquet", _cell_in_dictionary),
    "500 x 1 MB in another column": ("x.parquet", _other_column),
    "300 x 1 MB text": ("x.parquet", _repeated_text),
    "300 x 1 MB by prefix": ("x.parquet", _by_prefix),
    "a list of 5 GB": ("x.parquet", _lists),
    "a list of 20 million nulls": ("x.parquet", _empty_lists),
    "20 columns of 20 MB": ("x.parquet", _many_columns),
    "62 MiB of words": ("x.txt", _words),
    "63 MiB of one word": ("x.txt", _one_word),
    "60 MiB with one wide character": ("x.md", _wide_word),
    "a JSON line of 50 MB": ("x.jsonl", _long_line),
    "the longest JSON line": ("x.jsonl", _longest_line),
    "millions of objects in a line": ("x.jsonl", _small_things),
    "60 keys of megabytes": ("x.jsonl.gz", _many_keys),
    "60 x 7 MB of metadata": ("x.jsonl.gz", _big_metadata),
    "60 x 7 MB that come again": ("x.jsonl.gz", _same_ids),
    "a CSV cell of 50 MB": ("x.csv", _cells),
    "a CSV row of 25 million lines": ("x.csv", _quoted_row),
    "a header of a million columns": ("x.csv", _header),
    "a topic of 60 MiB": ("x.xml", _topics),
}


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="asks /proc for the peak of a process")
@pytest.mark.parametrize("name", BOMBS)
def test_no_import_takes_a_gigabyte(name: str, tmp_path: Path):
    file, make = BOMBS[name]
    make(tmp_path / file)
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(tmp_path / "w.db"), str(tmp_path / file)],
        stdout=subprocess.PIPE,
        text=True,
    )
    answer, _ = process.communicate(timeout=180)
    outcome, peak = answer.strip().rsplit(" ", 1)
    assert outcome.startswith(("imported", "refused")), answer
    assert int(peak) < MOST_MIB, answer
