"""PostgreSQL with pgvector: SQL as it is written, in a transaction that can only read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import conninfo, sql
from psycopg.rows import dict_row

from rerank_core.errors import ProviderError
from rerank_core.rerankers.services.provider import key_from
from rerank_core.retrieval.engines.engine import Asked, Column, Hit, hits_of
from rerank_core.retrieval.engines.failures import KEPT, failed
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.template import COUNT, SPARSE, VECTOR, Template
from rerank_core.types import Doc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Reply = TypeVar("Reply")
SCORE = "score"
"""The column that holds the score, where the source names no other."""
_TABLES = """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\\_%%' AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2"""
_COLUMNS = """SELECT a.attname, format_type(a.atttypid, a.atttypmod), greatest(a.atttypmod, 0) FROM pg_attribute a
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""


class _Connection(psycopg.Connection[dict[str, Any]]):
    """One that goes without a warning: what ranks is dropped at the end of its process, and not closed."""

    def __del__(self, *_: Any) -> None:
        self.close()


class PostgresEngine:
    """A connection that is opened when it is needed, and anew after the server was away."""

    def __init__(self, source: EngineSource) -> None:
        self._source = source
        self._password = key_from([source.key_variable] if source.key_variable else [])
        self._connection: _Connection | None = None

    def indexes(self) -> list[str]:
        """Tables and views that may be read; those of another schema than public with its name before them."""
        rows = self._read(lambda cursor: cursor.execute(_TABLES).fetchall())
        return [row["relname"] if row["nspname"] == "public" else f"{row['nspname']}.{row['relname']}" for row in rows]

    def columns(self, index: str) -> list[Column]:
        """The columns of a table, in its order."""
        name = ".".join(f'"{part}"' for part in index.replace('"', "").split("."))
        rows = self._read(lambda cursor: cursor.execute(_COLUMNS, [name]).fetchall())
        found = []
        for row in rows:
            name, kind, size = row.values()
            is_vector = kind.startswith(("vector", "halfvec"))
            found.append(Column(name, kind, size if is_vector else 0))
        return found

    def search(self, template: Template, asked: Asked) -> list[Hit]:
        """See `Engine.search`; the template's settings hold for its own transaction."""
        if COUNT not in template.places:
            raise failed(self._source, f"the template '{template.name}' has no LIMIT {{{{k}}}}", "Add it.")
        query, values = template.as_sql(), _values(template, asked)

        def send(cursor: psycopg.Cursor[dict[str, Any]]) -> list[dict[str, Any]]:
            for name, value in template.settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
            # SQL of whoever keeps the source, and only read; what was typed is among the values
            return cursor.execute(query.encode(), values).fetchall()

        rows = self._read(send)
        score = self._source.fields.score or SCORE
        return hits_of(self._source, ((row, _number(row.get(score))) for row in rows), asked.k)

    def missing(self, docids: Sequence[str]) -> set[str]:
        """See `Engine.missing`."""
        statement = sql.SQL("SELECT {id}::text AS id FROM {table} WHERE {id}::text = ANY(%s)").format(
            id=sql.Identifier(self._source.fields.docid), table=self._table
        )
        rows = self._read(lambda cursor: cursor.execute(statement, [list(docids)]).fetchall())
        return set(docids) - {row["id"] for row in rows}

    def create(self, dimensions: int) -> None:
        """A table of text columns by the source's fields, with a vector and an HNSW index for its cosine."""
        named = self._source.fields
        columns = [sql.SQL("{} text PRIMARY KEY").format(sql.Identifier(named.docid))]
        columns += [
            sql.SQL("{} text NOT NULL DEFAULT ''").format(sql.Identifier(name))
            for name in (named.title, named.text)
            if name
        ]
        columns += [sql.SQL("{} jsonb").format(sql.Identifier(name)) for name in named.metadata]
        if dimensions and named.vector:
            columns.append(sql.SQL("{} vector({})").format(sql.Identifier(named.vector), sql.Literal(dimensions)))
        make: list[sql.SQL | sql.Composed] = [sql.SQL("CREATE EXTENSION IF NOT EXISTS vector")] if dimensions else []
        make.append(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(self._table, sql.SQL(", ").join(columns)))

        def send(cursor: psycopg.Cursor[dict[str, Any]]) -> None:
            for statement in make:
                cursor.execute(statement)

        self._write(send)

    def finish(self) -> None:
        """Make the HNSW index, once the table is full: that is faster than to grow it row by row."""
        named = self._source.fields
        if not named.vector:
            return
        name = sql.Identifier(f"{self._source.index.rpartition('.')[2]}_{named.vector}_hnsw"[:63])
        statement = sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING hnsw ({} vector_cosine_ops)").format(
            name, self._table, sql.Identifier(named.vector)
        )
        self._write(lambda cursor: cursor.execute(statement), seconds=0)

    def put(self, docs: Sequence[Doc], vectors: Sequence[NDArray[np.float32] | None]) -> None:
        """See `Engine.put`: one transaction."""
        named = self._source.fields
        names = [named.docid, *filter(None, (named.title, named.text)), *named.metadata]
        with_vectors = bool(named.vector)
        places = ["%s"] * len(names) + ["%s::vector"] * with_vectors
        names += [named.vector] * with_vectors
        others = sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names if name != named.docid
        )
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
            self._table,
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(map(sql.SQL, places)),
            sql.Identifier(named.docid),
            others,
        )
        rows = [
            [*_row(doc, self._source), *([_vector(vector)] if with_vectors else [])]
            for doc, vector in zip(docs, vectors, strict=True)
        ]
        self._write(lambda cursor: cursor.executemany(statement, rows))

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(*self._source.index.split("."))

    def _read(self, send: Callable[[psycopg.Cursor[dict[str, Any]]], Reply]) -> Reply:
        return self._transaction(send, "READ ONLY", self._source.timeout)

    def _write(self, send: Callable[[psycopg.Cursor[dict[str, Any]]], Any], seconds: float = 600.0) -> None:
        self._transaction(send, "READ WRITE", seconds)

    def _transaction(self, send: Callable[[psycopg.Cursor[dict[str, Any]]], Reply], mode: str, seconds: float) -> Reply:
        """What `send` returns; a connection that was lost since the last time is opened once more."""
        # a connection of before may have been lost since: then the question is asked once more over a new one
        tries = 2 if self._connection is not None and mode == "READ ONLY" else 1
        for left in reversed(range(tries)):
            try:
                return self._once(send, mode, seconds)
            except psycopg.Error as error:
                lost = self._connection is None or self._connection.broken
                self._drop_broken()
                problem = self._explained(error)
            if not (left and lost):
                break
        # raised outside of the except block: what psycopg says may hold the whole address
        raise problem

    def _once(self, send: Callable[[psycopg.Cursor[dict[str, Any]]], Reply], mode: str, seconds: float) -> Reply:
        if self._connection is None:
            options: dict[str, Any] = conninfo.conninfo_to_dict(self._source.address)
            if self._password:
                options["password"] = self._password
            options |= {"connect_timeout": str(max(2, round(self._source.timeout)))}
            options.setdefault("application_name", "rerank-lens")
            self._connection = _Connection.connect(**options, row_factory=dict_row)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION {mode}")
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{round(seconds * 1000)}ms"])
            return send(cursor)

    def _drop_broken(self) -> None:
        if self._connection is not None and (self._connection.broken or self._connection.closed):
            self.close()

    def _explained(self, error: psycopg.Error) -> ProviderError:
        problem, advice, retryable = _problem(error, self._source)
        return failed(self._source, problem, advice, retryable=retryable)


def _values(template: Template, asked: Asked) -> dict[str, Any]:
    values: dict[str, Any] = {"query": asked.query, "k": asked.k}
    if VECTOR in template.places:
        values["vector"] = _vector(asked.vector)
    if SPARSE in template.places:
        values["sparse"] = None
    return values


def _vector(vector: NDArray[np.float32] | None) -> str | None:
    return None if vector is None else "[" + ",".join(repr(float(value)) for value in vector) + "]"


def _row(doc: Doc, source: EngineSource) -> list[Any]:
    named = source.fields
    row: list[Any] = [doc.docid]
    row += [value for name, value in ((named.title, doc.title), (named.text, doc.text)) if name]
    row += [json.dumps(doc.metadata.get(name), ensure_ascii=False) for name in named.metadata]
    # SQL's text holds no NUL
    return [value.replace("\x00", "") for value in row]


def _number(value: Any) -> float | None:
    return float(value) if value is not None else None


_UNREACHED = (
    ("refused", "nothing listens there", "Start it, or correct the address."),
    ("does not exist", "", "Correct the name in the address."),
    ("authentication failed", "refuses the user or the password", ""),
    ("no password supplied", "wants a password", ""),
    ("timeout", "gave no answer in time", "Check the address, and that it is not blocked on the way."),
    ("translate host name", "no such host", "Correct the address."),
    ("resolve host", "no such host", "Correct the address."),
    ("No such file", "nothing listens there", "Start it, or correct the address."),
    ("starting up", "is still starting", "Try again in a moment."),
    ("shutting down", "is shutting down", "Start it again."),
)


def _problem(error: psycopg.Error, source: EngineSource) -> tuple[str, str, bool]:
    """(what it does, what to do, whether the same may work later)."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    told = lines[0][:200]
    if isinstance(error, psycopg.errors.UndefinedTable):
        return f"has no such table ({told})", "Check the index and the template.", False
    if isinstance(error, psycopg.errors.UndefinedColumn):
        return f"has no such column ({told})", "Check the template and the names of the fields.", False
    if isinstance(error, psycopg.errors.QueryCanceled):
        return f"took longer than {source.timeout:g} s", "Raise the source's timeout, or make an index.", True
    if isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.InvalidPassword):
        return f"refuses it ({told})", _key_advice(source), False
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return "was asked to change something", "A template only reads.", False
    if isinstance(error, psycopg.OperationalError):
        for sign, problem, advice in _UNREACHED:
            if sign in str(error):
                return problem or f"refuses it ({lines[-1][:200]})", advice or _key_advice(source), True
        return f"broke off ({told})", f"Start it again. {KEPT}", True
    return f"does not accept the query ({told})", "Check the template.", False


def _key_advice(source: EngineSource) -> str:
    if source.key_variable:
        return f"Check the user in the address, and the password in {source.key_variable}."
    return "Check the user in the address, and name the environment variable that has the password."
