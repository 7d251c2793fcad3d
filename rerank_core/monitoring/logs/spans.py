"""OpenTelemetry spans with OpenInference's names, as OTLP JSON: one export request per line.

Names: the span's kind and the attributes of RETRIEVER and RERANKER spans in OpenInference's semantic conventions,
github.com/Arize-ai/openinference, spec/semantic_conventions.md.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rerank_core.monitoring.logs.rows import (
    LONGEST_QUERY,
    MOST_PLACES,
    UNLIKE,
    LeftOut,
    Row,
    RowError,
    as_number,
    as_time,
    clean,
    docid_of,
    has_moved,
    unread,
    without_repeats,
)
from rerank_core.store.traffic_requests import FAILED, LISTED, RERANKED, LoggedDoc, LoggedRequest
from rerank_core.text import shortened
from rerank_core.types import text_hash

_RETRIEVER, _RERANKER = "RETRIEVER", "RERANKER"
_OPEN = 5_000
"""So many traces wait for further spans; a retriever's span that comes later than that is a request of its own."""


@dataclass(slots=True)
class _Span:
    trace: str
    id: str
    kind: str
    service: str
    start: float
    ms: float
    failed: bool
    attributes: Mapping[str, Any]


@dataclass(slots=True)
class Traces:
    """Spans by their trace: a retriever and the reranker after it are one request, wherever they stand in the file."""

    waiting: OrderedDict[str, _Span] = field(default_factory=OrderedDict)
    reranked: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def read(self, row: Mapping[str, Any], line: int) -> Iterator[Row]:
        """What is complete by this row; a span that cannot be read is named, the others of its row are read."""
        resources = row.get("resourceSpans")
        if not isinstance(resources, list):
            raise RowError("there is no 'resourceSpans'")
        for service, span in _walk(resources):
            try:
                yield from self._take(_span(span, service))
            except UNLIKE as error:
                yield unread(line, error)

    def rest(self) -> Iterator[Row]:
        """The retrievers that no reranker followed."""
        while self.waiting:
            yield _listed(self.waiting.popitem(last=False)[1])

    def _take(self, span: _Span) -> Iterator[Row]:
        if span.kind == _RERANKER:
            self.waiting.pop(span.trace, None)
            # the trace names its first reranking, which its clicks are for; further ones have names of their own
            name = f"{span.trace}/{span.id}" if span.trace in self.reranked else span.trace
            self.reranked[span.trace] = None
            if len(self.reranked) > _OPEN:
                self.reranked.popitem(last=False)
            yield _reranked(span, name)
        elif span.kind == _RETRIEVER:
            if span.trace in self.reranked:
                return
            if span.trace in self.waiting:
                # the lists of several retrievers of one trace: the last one stands for them
                self.waiting.pop(span.trace)
            self.waiting[span.trace] = span
            if len(self.waiting) > _OPEN:
                yield _listed(self.waiting.popitem(last=False)[1])
        else:
            yield LeftOut("spans of other kinds than RETRIEVER and RERANKER")


def is_spans(row: Mapping[str, Any]) -> bool:
    """Whether a row is an export of spans."""
    return "resourceSpans" in row


def _walk(resources: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(service, span) of an export; what is no span is passed over."""
    for resource in resources:
        if not isinstance(resource, Mapping):
            continue
        own = resource.get("resource")
        attributes = _attributes(own.get("attributes")) if isinstance(own, Mapping) else {}
        service = str(attributes.get("service.name") or "")
        scopes = resource.get("scopeSpans")
        for scope in scopes if isinstance(scopes, list) else []:
            spans = scope.get("spans") if isinstance(scope, Mapping) else None
            yield from ((service, span) for span in (spans if isinstance(spans, list) else []) if _is_object(span))


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _span(span: Mapping[str, Any], service: str) -> _Span:
    attributes = _attributes(span.get("attributes"))
    begin, end = span.get("startTimeUnixNano"), span.get("endTimeUnixNano")
    start = as_time(begin, "startTimeUnixNano")
    # the difference of whole numbers: seconds since 1970 as a float are coarser than a short span
    ms = (int(str(end)) - int(str(begin))) / 1e6 if str(begin).isdigit() and str(end).isdigit() else 0.0
    trace = span.get("traceId")
    if not isinstance(trace, str) or not trace:
        raise RowError("a span has no 'traceId'")
    status = span.get("status")
    code = status.get("code") if isinstance(status, Mapping) else None
    return _Span(
        trace=shortened(clean(trace), 100),
        id=shortened(clean(str(span.get("spanId") or "")), 100),
        kind=str(attributes.get("openinference.span.kind") or ""),
        service=shortened(clean(service), 200),
        start=start,
        ms=max(0.0, ms),
        failed=code in (2, "2", "STATUS_CODE_ERROR"),
        attributes=attributes,
    )


def _attributes(listed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in listed if isinstance(listed, list) else []:
        value = one.get("value") if isinstance(one, Mapping) else None
        if isinstance(value, Mapping):
            # {"stringValue": "…"}; whole numbers are texts in OTLP's JSON
            found[str(one.get("key"))] = next(iter(value.values()), None)
    return found


def _reranked(span: _Span, name: str) -> LoggedRequest:
    before = {docid: rank for rank, (docid, _) in enumerate(_places(span, "reranker.input_documents"), 1)}
    docs = [LoggedDoc(docid, score, before.get(docid)) for docid, score in _places(span, "reranker.output_documents")]
    own = without_repeats(docs)
    model = span.attributes.get("reranker.model_name")
    query = span.attributes.get("reranker.query") or span.attributes.get("input.value")
    outcome = FAILED if span.failed else RERANKED
    return _request(span, name, query, model, outcome, own, has_moved(own))


def _listed(span: _Span) -> LoggedRequest:
    docs = without_repeats([LoggedDoc(docid) for docid, _ in _places(span, "retrieval.documents")])
    outcome = FAILED if span.failed else LISTED
    return _request(span, span.trace, span.attributes.get("input.value"), None, outcome, docs, None)


def _request(
    span: _Span, name: str, query: Any, model: Any, outcome: str, docs: tuple[LoggedDoc, ...], moved: bool | None
) -> LoggedRequest:
    text = shortened(clean(query), LONGEST_QUERY) if isinstance(query, str) else ""
    return LoggedRequest(
        request=name,
        at=span.start,
        system=shortened(clean(str(model)), 200) if model else span.service or "logged",
        query=text,
        outcome=outcome,
        docs=docs,
        query_hash="" if text else text_hash(""),
        ms=span.ms,
        moved=moved,
    )


def _places(span: _Span, prefix: str) -> Iterator[tuple[str, float | None]]:
    """(docid, score) of the documents under a prefix, in their order; one without an id goes by its content."""
    for place in range(MOST_PLACES + 1):
        head = f"{prefix}.{place}.document"
        docid, content = span.attributes.get(f"{head}.id"), span.attributes.get(f"{head}.content")
        if docid is None and content is None:
            return
        if place == MOST_PLACES:
            raise RowError(f"the list has more than {MOST_PLACES:,} places")
        score = as_number(span.attributes.get(f"{head}.score"), "document.score")
        yield docid_of(docid if docid is not None else f"text:{text_hash(str(content))}"), score
