"""What is to change in a dataset's passages: gathered where only one connection sees it, then made all at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlite_utils import Database

from rerank_core.store import datasets
from rerank_core.types import Doc

Item = TypeVar("Item")
_TABLE = """CREATE TEMP TABLE change (
    id INTEGER PRIMARY KEY, docid TEXT NOT NULL UNIQUE, path TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('same', 'added', 'replaced', 'removed')),
    title TEXT, text TEXT, metadata TEXT, text_hash TEXT)"""


@dataclass(slots=True)
class Taken:
    """What `DocChanges.put` did with some passages.

    `new`: those that will be in the dataset and are not yet, as they are. `same`: how many came again with the same
    content. `conflicting`: docids that came again with another content; the first one counts. `refused`: docids that
    are to be removed.
    """

    new: list[Doc] = field(default_factory=list)
    same: int = 0
    conflicting: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class DocChanges:
    """The changes, in a temporary table of `db`: on the disk, seen by nobody else, and gone with the connection.

    One for a connection. Each docid has one kind: same, added, replaced or removed. Nobody else may change the
    dataset's passages meanwhile. All but `apply` leave no transaction open.
    """

    def __init__(self, db: Database, dataset_id: int) -> None:
        self._db, self._dataset = db, dataset_id
        db.conn.execute(_TABLE)

    def remove(self, docids: Sequence[str]) -> list[str]:
        """Have passages removed; return those of `docids` that are none."""
        there = datasets.text_hashes(self._db, self._dataset, docids)
        rows = ((docid,) for docid in docids if docid in there)
        self._db.conn.executemany("INSERT OR IGNORE INTO change (docid, kind) VALUES (?, 'removed')", rows)
        self._db.conn.commit()
        return [docid for docid in docids if docid not in there]

    def put(self, docs: Sequence[Doc], from_text: bool) -> Taken:
        """Have passages added, or put in the place of those with their docids.

        `from_text`: they are pieces of the text file that their metadata's `path` names.
        """
        taken = Taken()
        for part in self._parts(docs):
            self._put(part, from_text, taken)
        return taken

    def _parts(self, docs: Sequence[Doc]) -> Iterator[list[Doc]]:
        """The passages in lists whose stored ones weigh no more than some megabytes together."""
        length = "length(coalesce(title, '')) + length(coalesce(text, '')) + length(coalesce(metadata, ''))"
        ids = json.dumps(list({doc.docid for doc in docs}))
        sql = f"""SELECT docid, {length} FROM doc
                  WHERE dataset_id = ? AND docid IN (SELECT value FROM json_each(?))
                  UNION ALL SELECT docid, {length} FROM change WHERE docid IN (SELECT value FROM json_each(?))"""
        sizes: dict[str, int] = {}
        for docid, size in self._db.execute(sql, [self._dataset, ids, ids]):
            sizes[docid] = sizes.get(docid, 0) + size
        return _by_weight(docs, lambda doc: sizes.get(doc.docid, 0))

    def _put(self, docs: Sequence[Doc], from_text: bool, taken: Taken) -> None:
        docids = list({doc.docid for doc in docs})
        there = datasets.get_docs(self._db, self._dataset, docids)
        told = self._told(docids, there)
        rows = []
        for doc in docs:
            if doc.docid not in told:
                old = there.get(doc.docid)
                kind = "added" if old is None else "same" if _equal(old, doc) else "replaced"
                told[doc.docid] = doc
                rows.append(_row(doc, kind, from_text))
                taken.new += [] if kind == "same" else [doc]
            elif (earlier := told[doc.docid]) is None:
                taken.refused.append(doc.docid)
            elif _equal(earlier, doc):
                taken.same += 1
            else:
                taken.conflicting.append(doc.docid)
        self._db.conn.executemany(
            "INSERT INTO change (docid, path, kind, title, text, metadata, text_hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._db.conn.commit()

    def remove_old_pieces(self) -> int:
        """Have the pieces removed that text files of which others came no longer have; return how many."""
        # Python writes numbers that JSON has not (a JSONL file's 1e999), and SQLite does not read them
        cursor = self._db.conn.execute(
            """INSERT INTO change (docid, kind) SELECT d.docid, 'removed' FROM doc d
               JOIN (SELECT DISTINCT path FROM change WHERE path IS NOT NULL) c
               ON c.path = CASE WHEN json_valid(d.metadata) AND json_type(d.metadata, '$.end') = 'integer'
                           THEN json_extract(d.metadata, '$.path') END
               WHERE d.dataset_id = ? AND (d.docid = c.path OR substr(d.docid, 1, length(c.path) + 1) = c.path || '#')
               AND d.docid NOT IN (SELECT docid FROM change)""",
            [self._dataset],
        )
        self._db.conn.commit()
        return int(cursor.rowcount)

    def remove_missing(self) -> int:
        """Have every passage removed that did not come; return how many."""
        cursor = self._db.conn.execute(
            """INSERT INTO change (docid, kind) SELECT docid, 'removed' FROM doc
               WHERE dataset_id = ? AND docid NOT IN (SELECT docid FROM change)""",
            [self._dataset],
        )
        self._db.conn.commit()
        return int(cursor.rowcount)

    def counts(self) -> dict[str, int]:
        """Kind -> passages; a kind without any is not there."""
        return dict(self._db.execute("SELECT kind, count(*) FROM change GROUP BY kind").fetchall())

    def among(self, docids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """docid -> (kind, hash of its new text), for those of `docids` that change; "" for a removed one."""
        sql = """SELECT docid, kind, coalesce(text_hash, '') FROM change
                 WHERE kind <> 'same' AND docid IN (SELECT value FROM json_each(?))"""
        return {docid: (kind, text) for docid, kind, text in self._db.execute(sql, [json.dumps(docids)])}

    def going(self) -> Iterator[list[Doc]]:
        """The passages that are removed or replaced, as they still are, in batches."""
        last = 0
        while True:
            sql = "SELECT id, docid FROM change WHERE kind IN ('replaced', 'removed') AND id > ? ORDER BY id LIMIT 2000"
            rows = self._db.execute(sql, [last]).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            docs = datasets.walk_docs(self._db, self._dataset, [docid for _, docid in rows])
            yield from _by_weight(docs, lambda doc: len(doc.title) + len(doc.text))

    def staying(self) -> Iterator[list[str]]:
        """The contents of the passages that neither change nor go, in batches."""
        cursor = self._db.conn.execute(
            """SELECT CASE title WHEN '' THEN text ELSE title || char(10) || text END FROM doc WHERE dataset_id = ?
               AND docid NOT IN (SELECT docid FROM change WHERE kind IN ('replaced', 'removed'))""",
            [self._dataset],
        )
        yield from _by_weight((content for (content,) in cursor), len)

    def apply(self) -> None:
        """Make the changes. A replaced passage keeps its place, added ones come last. To be called in a transaction."""
        run, where = self._db.conn.execute, [self._dataset]
        gone = "SELECT docid FROM change WHERE kind = 'removed'"
        run(f"DELETE FROM doc WHERE dataset_id = ? AND docid IN ({gone})", where)
        run(
            """UPDATE doc SET title = c.title, text = c.text, metadata = c.metadata, text_hash = c.text_hash
               FROM change c WHERE doc.dataset_id = ? AND doc.docid = c.docid AND c.kind = 'replaced'""",
            where,
        )
        run(
            """INSERT INTO doc (dataset_id, docid, title, text, metadata, text_hash)
               SELECT ?, docid, title, text, metadata, text_hash FROM change WHERE kind = 'added' ORDER BY id""",
            where,
        )

    def _told(self, docids: Sequence[str], there: dict[str, Doc]) -> dict[str, Doc | None]:
        """docid -> the passage that came before under it; None: it is to be removed."""
        sql = """SELECT docid, kind, title, text, metadata FROM change
                 WHERE docid IN (SELECT value FROM json_each(?))"""
        found: dict[str, Doc | None] = {}
        for docid, kind, title, text, metadata in self._db.execute(sql, [json.dumps(docids)]).fetchall():
            if kind in ("same", "removed"):
                found[docid] = there[docid] if kind == "same" else None
            else:
                found[docid] = Doc(docid, text, title, json.loads(metadata))
        return found


def _by_weight(items: Iterable[Item], weigh: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Lists of at most 2,000 items and about 8 million characters."""
    part: list[Item] = []
    total = 0
    for item in items:
        part.append(item)
        total += weigh(item)
        if len(part) == 2_000 or total >= 8_000_000:
            yield part
            part, total = [], 0
    if part:
        yield part


def _row(doc: Doc, kind: str, from_text: bool) -> tuple[str | None, ...]:
    path = doc.metadata.get("path") if from_text else None
    if kind == "same":
        return doc.docid, path, kind, None, None, None, None
    metadata = json.dumps(dict(doc.metadata), ensure_ascii=False)
    return doc.docid, path, kind, doc.title, doc.text, metadata, doc.text_hash


def _equal(one: Doc, other: Doc) -> bool:
    """As JSON says it: in Python 1, 1.0 and True are equal."""
    return (one.title, one.text, _metadata(one)) == (other.title, other.text, _metadata(other))


def _metadata(doc: Doc) -> str:
    return json.dumps(dict(doc.metadata), sort_keys=True)
