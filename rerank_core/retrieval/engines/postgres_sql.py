"""The SQL of the usual first stages over a table of passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rerank_core.retrieval.engines.engine import Column
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.template import Template


def templates(source: EngineSource, columns: Sequence[Column]) -> list[Template]:
    """Words; with a vector also exact and HNSW cosine, and meaning and words by RRF first of all."""
    named = source.fields
    kinds: Mapping[str, str] = {column.name: column.kind for column in columns}
    kept = [name for name in dict.fromkeys((named.docid, named.title, named.text, *named.metadata)) if name]
    shown = ", ".join(f"d.{_quoted(name)}" for name in kept)
    table = ".".join(map(_quoted, source.index.split(".")))
    read = next((f"d.{_quoted(name)}" for name, kind in kinds.items() if kind == "tsvector"), "")
    if not read:
        texts = " || ' ' || ".join(f"coalesce(d.{_quoted(name)}, '')" for name in (named.title, named.text) if name)
        read = f"to_tsvector('english', {texts})"
    id_ = f"d.{_quoted(named.docid)}"
    # the words of a question are joined by "or", as search engines do
    either = "(SELECT replace(plainto_tsquery('english', {{query}})::text, '&', '|')::tsquery) asked(q)"
    words = (
        f"SELECT {shown}, ts_rank_cd({read}, q, 1) AS score\nFROM {table} d, {either}\n"
        f"WHERE {read} @@ q\nORDER BY score DESC, {id_}\nLIMIT {{{{k}}}}"
    )
    found = [Template("words", words)]
    if not named.vector:
        return found
    far = f"(d.{_quoted(named.vector)} <=> {{{{vector}}}})"
    exact = f"SELECT {shown}, 1 - {far} AS score\nFROM {table} d\nORDER BY {far} + 0, {id_}\nLIMIT {{{{k}}}}"
    hnsw = f"SELECT {shown}, 1 - {far} AS score\nFROM {table} d\nORDER BY {far}\nLIMIT {{{{k}}}}"
    rrf = (
        f"WITH meaning AS (SELECT d.{_quoted(named.docid)} AS id,\n"
        f"    row_number() OVER (ORDER BY {far} + 0, {id_}) AS place\n"
        f"    FROM {table} d ORDER BY {far} + 0, {id_} LIMIT {{{{k}}}}),\n"
        f"words AS (SELECT d.{_quoted(named.docid)} AS id,\n"
        f"    row_number() OVER (ORDER BY ts_rank_cd({read}, q, 1) DESC, {id_}) AS place\n"
        f"    FROM {table} d, {either}\n"
        f"    WHERE {read} @@ q ORDER BY ts_rank_cd({read}, q, 1) DESC, {id_} LIMIT {{{{k}}}})\n"
        f"SELECT {shown}, coalesce(1.0 / (60 + m.place), 0) + coalesce(1.0 / (60 + w.place), 0) AS score\n"
        f"FROM meaning m FULL JOIN words w ON w.id = m.id\n"
        f"JOIN {table} d ON d.{_quoted(named.docid)} = coalesce(m.id, w.id)\n"
        f"ORDER BY score DESC, {id_}\nLIMIT {{{{k}}}}"
    )
    scan = {"hnsw.ef_search": "200", "hnsw.iterative_scan": "strict_order"}
    return [Template("hybrid", rrf), *found, Template("exact", exact), Template("hnsw", hnsw, scan)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
