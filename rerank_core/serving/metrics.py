"""Figures for Prometheus, in a registry of their own. Names begin with rerank_lens_; times are in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from rerank_core.serving.served import Answer

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Safe for several threads. `inside`: how many requests are in now."""

    def __init__(self, system: str, key: str, inside: Callable[[], int]) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        mine = self._registry
        self._requests = Counter(
            "rerank_lens_requests", "Requests by protocol and status.", ("protocol", "status"), registry=mine
        )
        self._seconds = Histogram(
            "rerank_lens_request_seconds",
            "Time of an answered request by part: read (the body), wait (for a thread), rank, total.",
            ("part",),
            buckets=_BOUNDS,
            registry=mine,
        )
        self._documents = Counter("rerank_lens_documents", "Documents that were ranked.", registry=mine)
        self._pairs = Counter("rerank_lens_pairs", "Pairs of query and text that needed a score.", registry=mine)
        self._kept = Counter("rerank_lens_kept_scores", "Those of them whose score was kept.", registry=mine)
        self._cut = Counter("rerank_lens_cut_documents", "Documents of which the model did not see all.", registry=mine)
        self._shadow = Counter("rerank_lens_shadow", "Requests of the shadow by outcome.", ("outcome",), registry=mine)
        self._unmoved = Counter(
            "rerank_lens_unmoved", "Answers in the order that the documents came in.", registry=mine
        )
        Gauge("rerank_lens_inside", "Requests that are in now.", registry=mine).set_function(inside)
        Gauge("rerank_lens_info", "What is served.", ("system", "key"), registry=mine).labels(system, key).set(1)

    def answered(self, protocol: str, answer: Answer, milliseconds: Mapping[str, float]) -> None:
        """A request that was answered with a ranking."""
        self._requests.labels(protocol, "200").inc()
        for part, value in milliseconds.items():
            self._seconds.labels(part).observe(value / 1000)
        docs = answer.ranking.docs
        self._documents.inc(len(docs))
        self._pairs.inc(answer.pairs)
        self._kept.inc(answer.hits)
        self._cut.inc(sum(doc.tokens_cut > 0 for doc in docs))
        self._unmoved.inc(all(int(doc.docid) == place for place, doc in enumerate(docs)))

    def refused(self, protocol: str, status: int) -> None:
        """A request that had an error for an answer."""
        self._requests.labels(protocol, str(status)).inc()

    def shadow(self, outcome: str) -> None:
        """What became of a request that was drawn for the shadow: ranked, failed, or dropped as too many wait."""
        self._shadow.labels(outcome).inc()

    def text(self) -> bytes:
        """All figures in Prometheus's format."""
        return generate_latest(self._registry)
