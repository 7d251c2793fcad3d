"""Query variants that people added to choose from, and what language models wrote for queries: paid for once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import datasets, row_values
from rerank_core.store.workspace import now
from rerank_core.types import text_hash


def put_query_variant(db: Database, name: str, settings: Mapping[str, Any]) -> None:
    """Keep a variant under its name; the same name is replaced. Settings hold names of variables, never keys."""
    text = json.dumps(dict(settings), sort_keys=True, ensure_ascii=False)
    db.execute("INSERT OR REPLACE INTO query_variant (name, settings, at) VALUES (?, ?, ?)", [name, text, now()])


def get_query_variants(db: Database) -> dict[str, dict[str, Any]]:
    """Name -> settings, oldest first; a row that cannot be read is left out."""
    return row_values.by_name(db.execute("SELECT name, settings FROM query_variant ORDER BY at, name"))


def drop_query_variant(db: Database, name: str) -> None:
    """Take a variant off the list; what was written and ranked with it stays. Raises NotFoundError."""
    if db.execute("DELETE FROM query_variant WHERE name = ?", [name]).rowcount == 0:
        raise NotFoundError(f"There is no query variant '{name}' in this workspace.")


def put_written(
    db: Database,
    variant: str,
    query: str,
    texts: Sequence[str],
    input_tokens: int | None = None,
    output_tokens: int | None = None,
) -> None:
    """Keep what was written for a query's text. `variant`: its key."""
    db.execute(
        """INSERT OR REPLACE INTO written_query (variant, query, texts, input_tokens, output_tokens, at)
           VALUES (?, ?, ?, ?, ?, ?)""",
        [
            text_hash(variant), text_hash(query), json.dumps(list(texts), ensure_ascii=False), input_tokens,
            output_tokens, now(),
        ],
    )  # fmt: skip


def get_written(db: Database, variant: str, queries: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Query's text -> what was written for it, for those that have it; what cannot be read is not there."""
    by_hash = {text_hash(query): query for query in queries}
    found: dict[str, tuple[str, ...]] = {}
    for part in datasets.batches(by_hash, 500):
        places = ", ".join("?" * len(part))
        sql = f"SELECT query, texts FROM written_query WHERE variant = ? AND query IN ({places})"
        for query, kept in db.execute(sql, [text_hash(variant), *part]):
            try:
                texts = json.loads(kept)
            except (ValueError, TypeError, RecursionError):
                continue
            if isinstance(texts, list) and texts and all(isinstance(text, str) and text for text in texts):
                found[by_hash[query]] = tuple(texts)
    return found


def answer_tokens(db: Database, variant: str) -> list[int]:
    """How many tokens each answer of a variant had, where the service counted them."""
    sql = "SELECT output_tokens FROM written_query WHERE variant = ? AND typeof(output_tokens) = 'integer'"
    return [int(tokens) for (tokens,) in db.execute(sql, [text_hash(variant)])]
