"""Which field of an index, or of an HTTP API's hits, holds what: proposed by the usual names of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rerank_core.corpus.formats.usual_names import FILTERS, PASSAGE_IDS, TEXTS, TITLES, find_usual
from rerank_core.retrieval.engines.engine import Column
from rerank_core.retrieval.engines.source import ELASTICSEARCH, HTTP, OPENSEARCH, QDRANT, EngineSource, Fields

SCORES = ("score", "_score", "relevance", "relevance_score", "similarity", "rank_score")
_MOST_METADATA = 4


def guessed(source: EngineSource, columns: Sequence[Column]) -> Fields:
    """The source's fields, those that are not named by the usual names of columns; "" where none has such a name."""
    if source.engine == HTTP:
        return _guessed_paths(source.fields, columns)
    named = source.fields
    texts = [column.name for column in columns if not column.dimensions and column.kind not in ("tsvector", "sparse")]
    text = named.text or find_usual(texts, TEXTS) or ""
    title = named.title or find_usual([name for name in texts if name != text], TITLES) or ""
    usual_id = find_usual([name for name in texts if name not in (text, title)], PASSAGE_IDS) or ""
    if source.engine in (OPENSEARCH, ELASTICSEARCH):
        usual_id = "_id"
    elif source.engine == QDRANT and not usual_id:
        usual_id = "id"
    vector = named.vector or next((column.name for column in columns if column.dimensions), "")
    rest = [name for name in texts if name not in (text, title, usual_id)]
    shown = [name for name in rest if find_usual([name], FILTERS)][:_MOST_METADATA]
    return replace(
        named,
        docid=named.docid or usual_id,
        text=text,
        title=title,
        vector=vector,
        metadata=named.metadata or tuple(shown),
    )


def _guessed_paths(named: Fields, columns: Sequence[Column]) -> Fields:
    """The same of hits in JSON: what is nested is known by its last name, the least deep of the same names counts."""
    paths: dict[str, str] = {}
    for column in sorted(columns, key=lambda one: one.name.count(".")):
        if column.kind in ("text", "number"):
            paths.setdefault(column.name.rpartition(".")[2], column.name)
    kinds = {column.name: column.kind for column in columns}
    texts = [name for name, path in paths.items() if kinds[path] == "text"]
    text = named.text or paths.get(find_usual(texts, TEXTS) or "", "")
    title = named.title or paths.get(find_usual([one for one in texts if paths[one] != text], TITLES) or "", "")
    rest = [name for name, path in paths.items() if path not in (text, title)]
    docid = named.docid or paths.get(find_usual(rest, PASSAGE_IDS) or "", "")
    numbers = [name for name in rest if kinds[paths[name]] == "number"]
    score = named.score or paths.get(find_usual(numbers, SCORES) or "", "")
    shown = [name for name in rest if paths[name] not in (docid, score) and find_usual([name], FILTERS)]
    metadata = named.metadata or tuple(paths[name] for name in shown[:_MOST_METADATA])
    return replace(named, docid=docid, text=text, title=title, score=score, metadata=metadata)
