"""Thirteen rankings of a collection without a model: unlike enough that a verdict between two of them has to be found.

BM25 in five settings, of titles alone, word and character n-grams by cosine, latent semantics, a language model, and
three fusions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Run = dict[str, list[str]]
DEPTH = 100


def collection(folder: Path) -> tuple[dict[str, tuple[str, str]], dict[str, str], dict[str, dict[str, int]]]:
    """docid -> (title, text), qid -> text of graded queries, and the grades, of a folder as BEIR lays it out."""
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    docs = {row["_id"]: (row.get("title", ""), row["text"]) for row in rows}
    qrels: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        qid, docid, grade = line.split("\t")
        qrels.setdefault(qid, {})[docid] = int(grade)
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    return docs, {row["_id"]: row["text"] for row in asked if row["_id"] in qrels}, qrels


def rankings(folder: Path) -> dict[str, Run]:
    """Name -> qid -> the first 100 docids, best first; equal scores in the collection's order."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.preprocessing import normalize

    docs, queries, _ = collection(folder)
    names, qids = list(docs), list(queries)
    both, titles = [f"{title} {text}" for title, text in docs.values()], [title for title, _ in docs.values()]
    asked = list(queries.values())

    def counted(texts: list[str]) -> tuple[Any, Any]:
        vectorizer = CountVectorizer(token_pattern=r"(?u)\w+")
        counts = vectorizer.fit_transform(texts).tocsr().astype(float)
        return counts, vectorizer.transform(asked)

    def cosine(**settings: Any) -> np.ndarray:
        vectorizer = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **settings)
        matrix = vectorizer.fit_transform(both)
        return np.asarray((vectorizer.transform(asked) @ matrix.T).todense())

    counts, wanted = counted(both)
    of_titles, wanted_titles = counted(titles)
    scores: dict[str, np.ndarray] = {
        f"bm25-{k1}-{b}": bm25(counts, wanted, k1, b)
        for k1, b in ((0.9, 0.4), (1.2, 0.75), (2.0, 1.0), (0.4, 0.0), (0.9, 0.9))
    }
    scores["bm25-title"] = bm25(of_titles, wanted_titles, 0.9, 0.4)
    scores["words-cosine"] = cosine()
    scores["characters-cosine"] = cosine(analyzer="char_wb", ngram_range=(3, 4), min_df=2)
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    matrix = vectorizer.fit_transform(both)
    latent = TruncatedSVD(100, random_state=0).fit(matrix)
    scores["latent"] = normalize(latent.transform(vectorizer.transform(asked))) @ normalize(latent.transform(matrix)).T
    scores["dirichlet"] = dirichlet(counts, wanted, 1000.0)
    runs = {name: best(table, names, qids) for name, table in scores.items()}
    for one, other in (("bm25-0.9-0.4", "latent"), ("bm25-title", "characters-cosine"), ("words-cosine", "dirichlet")):
        runs[f"{one}+{other}"] = {qid: fused(runs[one][qid], runs[other][qid]) for qid in qids}
    return runs


def bm25(counts: Any, wanted: Any, k1: float, b: float) -> np.ndarray:
    """Shape (queries, docs); Robertson and Zaragoza 2009, doi:10.1561/1500000019."""
    n, lengths = counts.shape[0], np.asarray(counts.sum(axis=1)).ravel()
    df = np.asarray((counts > 0).sum(axis=0)).ravel()
    idf = np.log1p((n - df + 0.5) / (df + 0.5))
    weights = counts.copy()
    long = np.repeat(k1 * (1 - b + b * lengths / lengths.mean()), np.diff(counts.indptr))
    weights.data = counts.data * (k1 + 1) / (counts.data + long) * idf[counts.indices]
    return np.asarray((wanted @ weights.T).todense())


def dirichlet(counts: Any, wanted: Any, mu: float) -> np.ndarray:
    """Query likelihood, shape (queries, docs); Zhai and Lafferty 2001, doi:10.1145/383952.384019."""
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    share = np.asarray(counts.sum(axis=0)).ravel() / counts.sum()
    weights = counts.copy()
    weights.data = np.log1p(counts.data / (mu * share[counts.indices]))
    terms = np.asarray(wanted.sum(axis=1)).ravel()
    return np.asarray((wanted @ weights.T).todense()) + terms[:, None] * np.log(mu / (lengths + mu))[None, :]


def best(table: np.ndarray, names: list[str], qids: list[str]) -> Run:
    """The first DEPTH of each row."""
    order = np.argsort(-table, axis=1, kind="stable")[:, :DEPTH]
    return {qid: [names[place] for place in row] for qid, row in zip(qids, order, strict=True)}


def fused(one: list[str], other: list[str]) -> list[str]:
    """By reciprocal ranks, k = 60."""
    score: dict[str, float] = {}
    for ranked in (one, other):
        for rank, docid in enumerate(ranked, 1):
            score[docid] = score.get(docid, 0.0) + 1 / (60 + rank)
    key: Callable[[str], tuple[float, str]] = lambda docid: (-score[docid], docid)  # noqa: E731
    return sorted(score, key=key)[:DEPTH]
