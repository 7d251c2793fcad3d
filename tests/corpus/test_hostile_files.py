"""Files that were damaged or made to harm, over all formats: each is imported, or refused by one error that names it.

RERANK_LENS_HOSTILE_FILES says how many (150 without it); the seed of each file is its number.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rerank_core.corpus.changes import PassageChange, change_passages
from rerank_core.corpus.ingest import ImportOptions, import_dataset, import_judgments, import_queries
from rerank_core.errors import RerankLensError
from rerank_core.store import datasets

COUNT = int(os.environ.get("RERANK_LENS_HOSTILE_FILES", "150"))
SLOWEST = 10.0
MOST_MEMORY = 1_024
"""MiB more than before the first file."""

TEXTS = (
    "otters rest",
    "水辺の鳥。「川」",
    "É" * 9,
    "a\u0300\u0316" * 40,
    "=1+1",
    "\U0001f1e6" * 30,
    "x" * 700,
    "",
    " \t ",
    "(" * 90,
)
TOKENS = (
    *(
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\n",
        b"\r",
        b"\r\n",
        b"\t",
        b'"',
        b"'",
        b",",
        b";",
        b"|",
        b"{",
        b"}",
        b"[",
    ),
    *(
        b"]",
        b"\\",
        b"\\ud800",
        b"\\u0000",
        b"NaN",
        b"Infinity",
        b"1e999",
        b"-",
        b"<top>",
        b"</top>",
        b"<num>",
        b"<![CDATA[",
    ),
    *(
        b"&#" + b"9" * 5_000 + b";",
        b"# ",
        b"```\n",
        b"#" * 300,
        b" \t" * 300,
        b"[" * 3_000,
        b'{"a":' * 3_000,
        b"9" * 5_000,
    ),
    *(
        b"x" * 5_000,
        b"\xcc\x80\xcc\x96" * 500,
        b"PAR1",
        b"\x1f\x8b",
        b"PK\x03\x04",
        b"sep=;\n",
        b"Q0",
        b" 0 ",
        b"null",
        b"true",
    ),
    *(b'"metadata": 7,', b'"metadata": {"a": 1e400},', "é".encode(), "é".encode("latin-1"), "水".encode("utf-16")),
)


def _records(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "id": rng.choice((f"d{number}", number, f"d{number % 3}", "é", " d ")),
            "title": rng.choice(TEXTS)[:40],
            "text": rng.choice(TEXTS),
            **({"more": rng.choice((1, None, 1.5, ["a"], {"b": {}}, True, "z"))} if rng.random() < 0.3 else {}),
        }
        for number in range(rng.randrange(1, 12))
    ]


def _jsonl(rng: random.Random) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=rng.random() < 0.5) + "\n" for row in _records(rng)).encode()


def _table(delimiter: str) -> Callable[[random.Random], bytes]:
    def make(rng: random.Random) -> bytes:
        rows = [
            ["id", "title", "text"],
            *([str(row[name]) for name in ("id", "title", "text")] for row in _records(rng)),
        ]
        quoted = [[f'"{cell}"' if rng.random() < 0.3 else cell for cell in row] for row in rows]
        return "\n".join(delimiter.join(row) for row in quoted).encode()

    return make


def _parquet(rng: random.Random) -> bytes:
    rows = _records(rng)
    dates = [rng.randrange(-(2**31), 2**31) for _ in rows]
    columns: dict[str, Any] = {
        "id": [str(row["id"]) for row in rows],
        "text": [row["text"] for row in rows],
        "day": pa.array(dates if rng.random() < 0.3 else [1] * len(rows), pa.date32()),
        "tags": [rng.choices(TEXTS, k=rng.randrange(4)) for _ in rows],
        "raw": [os.fsencode(row["text"]) for row in rows],
    }
    out = io.BytesIO()
    how = {"compression": rng.choice(("snappy", "zstd", "gzip", "none")), "use_dictionary": rng.random() < 0.5}
    pq.write_table(
        pa.table(columns), out, row_group_size=rng.choice((2, 100)), data_page_version=rng.choice(("1.0", "2.0")), **how
    )
    return out.getvalue()


def _text(rng: random.Random) -> bytes:
    return "\n".join(rng.choice(("# ", "", "```\n", "  ")) + rng.choice(TEXTS) for _ in range(30)).encode()


def _topics(rng: random.Random) -> bytes:
    return "".join(
        f"<top>\n<num> Number: {number}\n<title> {rng.choice(TEXTS)}\n<desc> {rng.choice(TEXTS)}\n</top>\n"
        for number in range(4)
    ).encode()


def _queries(rng: random.Random) -> bytes:
    return "".join(
        json.dumps({"_id": f"q{n}", "text": rng.choice(TEXTS), "tags": ["a"]}) + "\n" for n in range(4)
    ).encode()


def _qrels(rng: random.Random) -> bytes:
    between = rng.choice((" ", "\t"))
    return "".join(between.join((f"q{n}", "0", f"d{n}", rng.choice("0123-"))) + "\n" for n in range(6)).encode()


MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "docs.jsonl": _jsonl,
    "docs.json": _jsonl,
    "docs.csv": _table(","),
    "docs.tsv": _table("\t"),
    "docs.parquet": _parquet,
    "notes.txt": _text,
    "notes.md": _text,
    "topics.xml": _topics,
    "queries.jsonl": _queries,
    "queries.tsv": _table("\t"),
    "qrels.txt": _qrels,
    "test.qrels": _qrels,
    "grades.csv": lambda rng: b"query,docid,grade\n" + _qrels(rng).replace(b" 0 ", b",").replace(b" ", b","),
    "grades.parquet": _parquet,
}


def _harmed(rng: random.Random, content: bytes) -> bytes:
    raw = bytearray(content)
    for _ in range(rng.choice((0, 1, 1, 2, 5, 20))):
        place = rng.randrange(len(raw) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            raw[place:place] = rng.choice(TOKENS)
        elif kind == 1:
            del raw[place : place + rng.randrange(1, 40)]
        elif kind == 2 and raw:
            raw[place % len(raw)] = rng.randrange(256)
        elif kind == 3:
            raw[place:place] = raw[place : place + 200] * rng.randrange(1, 30)
        else:
            raw[place : place + len(rng.choice(TOKENS))] = rng.choice(TOKENS)
    return bytes(raw)


def make_file(rng: random.Random, folder: Path) -> Path:
    """A file of some format, harmed or not, in the folder."""
    name = rng.choice(list(MAKERS))
    content = _harmed(rng, MAKERS[name](rng))
    if rng.random() < 0.15:
        content, name = gzip.compress(content), f"{name}.gz"
        if rng.random() < 0.5:
            content = _harmed(rng, content)
    if rng.random() < 0.05:
        name = rng.choice(list(MAKERS))
    path = folder / name
    path.write_bytes(content)
    return path


def _use(rng: random.Random, workspace: Any, path: Path, number: int) -> str:
    """Give the file to one of the verbs; 'imported', or the error's own message."""
    good = path.parent / "good.jsonl"
    good.write_text('{"id": "d1", "text": "fish"}\n{"id": "d2", "text": "owls"}\n')
    options = ImportOptions(chunk_words=rng.choice((0, 5, 200)), overlap_words=0)
    name = f"set {number}"
    verbs: list[Callable[[], object]] = [
        lambda: import_dataset(workspace, name, path, options),
        lambda: import_dataset(workspace, name, path, options),
        lambda: import_dataset(workspace, name, path.parent, options),
        lambda: import_dataset(workspace, name, good, ImportOptions(queries=str(path))),
        lambda: import_dataset(workspace, name, good, ImportOptions(qrels=str(path))),
        lambda: import_queries(workspace, "beside", path),
        lambda: import_judgments(workspace, "beside", path),
        lambda: change_passages(workspace, "beside", PassageChange(path, options=options, preview=True)),
        lambda: change_passages(workspace, "beside", PassageChange(remove_file=path, preview=True)),
    ]
    try:
        rng.choice(verbs)()
    except RerankLensError as error:
        return str(error)
    return "imported"


def test_each_is_imported_or_refused_by_one_error_that_names_it(workspace: Any, tmp_path: Path):
    (tmp_path / "beside.jsonl").write_text('{"id": "d1", "text": "fish"}\n{"id": "d2", "text": "owls"}\n')
    import_dataset(workspace, "beside", tmp_path / "beside.jsonl")
    with workspace.open() as db:
        before = datasets.get_dataset(db, "beside").fingerprint
    outcomes: Counter[str] = Counter()
    slowest, memory = 0.0, peak()
    for number in range(COUNT):
        rng = random.Random(number)
        folder = tmp_path / f"f{number}"
        folder.mkdir()
        path = make_file(rng, folder)
        started = time.process_time()
        try:
            outcome = _use(rng, workspace, path, number)
        except Exception as error:
            raise AssertionError(f"file {number}, {path.name}: {type(error).__name__}: {error}") from error
        seconds = time.process_time() - started
        assert seconds < SLOWEST, f"file {number}, {path.name}: {seconds:.1f} s"
        slowest = max(slowest, seconds)
        assert peak() < memory + MOST_MEMORY, f"file {number}, {path.name}: {peak():,} MiB"
        if outcome != "imported":
            names_it = str(folder) in outcome or "dataset 'beside'" in outcome
            assert names_it, f"file {number}, {path.name}: {outcome[:300]}"
            assert len(outcome) < 8_000
        outcomes["imported" if outcome == "imported" else "refused"] += 1
        for left in folder.iterdir():
            left.unlink()
    with workspace.open() as db:
        assert datasets.get_dataset(db, "beside").fingerprint == before
        assert db.execute("SELECT count(*) FROM dataset WHERE state = 'importing'").fetchone()[0] == 0
    assert outcomes["imported"] > COUNT // 10
    assert outcomes["refused"] > COUNT // 10
    print(f"{COUNT:,} files: {dict(outcomes)}, the slowest {slowest:.2f} s of work, at most {peak():,} MiB")


def peak() -> int:
    """The most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
