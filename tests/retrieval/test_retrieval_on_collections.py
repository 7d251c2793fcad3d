import json
from collections import defaultdict

import pytest
import pytrec_eval

from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Doc


def lines(path):
    with path.open(encoding="utf-8") as handle:
        yield from map(json.loads, handle)


def read_qrels(path):
    qrels = defaultdict(dict)
    with path.open(encoding="utf-8") as handle:
        next(handle)
        for line in handle:
            qid, docid, grade = line.split("\t")
            qrels[qid][docid] = int(grade)
    return dict(qrels)


# the collections' own SOURCE.md: bm25s, k1 0.9, b 0.4
@pytest.mark.parametrize(("name", "ndcg"), [("scifact", 0.6762), ("esci-us-150", 0.7068)])
def test_bm25_reaches_the_known_figure(collections, tmp_path, corpus_of, name, ndcg):
    folder = collections / name
    corpus = corpus_of({})
    corpus._docs.extend(
        Doc(doc["_id"], doc["text"], doc.get("title", ""), doc.get("metadata", {}))
        for doc in lines(folder / "corpus.jsonl")
    )
    retriever = Bm25Retriever.build(corpus, tmp_path / "bm25", RetrievalSettings(retrievers=("bm25",)))
    qrels = read_qrels(folder / "qrels" / "test.tsv")
    queries = {query["_id"]: query["text"] for query in lines(folder / "queries.jsonl")}
    run = {qid: {doc.docid: -float(doc.rank) for doc in retriever.retrieve(queries[qid], 100).docs} for qid in qrels}
    values = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)
    assert sum(value["ndcg_cut_10"] for value in values.values()) / len(qrels) == pytest.approx(ndcg, abs=0.01)
