"""Looking at a search engine before anything of it is kept, and connecting it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from rerank_core.errors import NotFoundError, ProviderError, SettingsError
from rerank_core.experiment.connected import connect_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.elsewhere import Elsewhere
from rerank_core.ranking.field_guesses import guessed
from rerank_core.ranking.index_recall import IndexRecall, index_recall
from rerank_core.retrieval.engines.default_templates import default_templates
from rerank_core.retrieval.engines.engine import Asked, Column, Engine
from rerank_core.retrieval.engines.first_stage import Encode, ask
from rerank_core.retrieval.engines.http_api import HttpApiEngine
from rerank_core.retrieval.engines.python_callable import Source
from rerank_core.retrieval.engines.source import HTTP, EngineSource
from rerank_core.retrieval.engines.template import Template
from rerank_core.store import datasets, engine_sources
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress

SAMPLE = 3
"""Hits that are shown before anything is saved."""
_ASKED = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What an engine has. Nothing of it is kept.

    `source`: with its fields, guessed where they were not named. `hits`: the first few for `question`, by each
    template's name; `problems`: why a template found none. `recalls`: what its index misses, where that was asked for.
    """

    source: EngineSource
    indexes: tuple[str, ...]
    columns: tuple[Column, ...]
    templates: tuple[Template, ...]
    hits: Mapping[str, list[dict[str, Any]]]
    problems: Mapping[str, str]
    recalls: tuple[IndexRecall, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "source": self.source.to_dict(),
            "indexes": list(self.indexes),
            "columns": [[column.name, column.kind, column.dimensions] for column in self.columns],
            "templates": [template.to_dict() for template in self.templates],
            "hits": {name: list(hits) for name, hits in self.hits.items()},
            "problems": dict(self.problems),
            "recalls": [asdict(recall) | {"sentence": recall.sentence()} for recall in self.recalls],
        }


def look(
    workspace: Workspace,
    source: EngineSource,
    templates: Sequence[Template] = (),
    question: str = "",
    recall: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Look:
    """Ask an engine what it has: its indexes; with an index its fields; with a question its first hits.

    Without `templates` those that fit the fields. An HTTP API has no fields to ask for: with a template and a question
    they are read off its first hits. `recall`: questions with which it is measured what a vector index misses; each
    reads a whole table. Raises NotFoundError for an index that is not there, ProviderError
    where the engine fails altogether; a template that fails is told beside the others.
    """
    with _opened(workspace, source) as (engine, _):
        indexes = tuple(engine.indexes())
        if not source.index and indexes:
            return Look(source, indexes, (), tuple(templates), {}, {})
        if indexes and source.index not in indexes:
            known = ", ".join(indexes[:10])
            raise NotFoundError(f"{source.label}: there is no '{source.index}'. There are {known}.")
        columns = tuple(engine.columns(source.index))
        if source.engine == HTTP and templates and question and not _is_said(source):
            assert isinstance(engine, HttpApiEngine)
            hits_at, found = engine.sample(templates[0], Asked(question, _ASKED))
            source, columns = replace(source, hits=hits_at), tuple(found)
    source = replace(source, fields=guessed(source, columns))
    chosen = tuple(templates) or (tuple(default_templates(source, columns)) if source.fields.text else ())
    hits, problems = (
        _asked(workspace, source, chosen, question) if question and chosen and _is_said(source) else ({}, {})
    )
    recalls: tuple[IndexRecall, ...] = ()
    if recall:
        with _opened(workspace, source) as (engine, encode):
            recalls = tuple(index_recall(source, engine, chosen, recall, encode, progress))
    return Look(source, indexes, columns, chosen, hits, problems, recalls)


def _is_said(source: EngineSource) -> bool:
    """Whether it is known which fields hold the id and the text."""
    return bool(source.fields.docid and source.fields.text)


def _asked(
    workspace: Workspace, source: EngineSource, templates: Sequence[Template], question: str
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """(template -> its first hits, template -> why it found none). An engine that is away fails all the same."""
    hits: dict[str, list[dict[str, Any]]] = {}
    problems: dict[str, str] = {}
    with _opened(workspace, source) as (engine, encode):
        for template in templates:
            try:
                ranking, docs, _ = ask(source, engine, template, question, _ASKED, encode)
                hits[template.name] = _shown(ranking, docs)
            except (ProviderError, SettingsError) as error:
                problems[template.name] = str(error).splitlines()[0]
    return hits, problems


@contextmanager
def _opened(workspace: Workspace, source: EngineSource) -> Iterator[tuple[Engine, Encode]]:
    elsewhere = Elsewhere(workspace)
    engine = elsewhere.engine(source)
    try:
        yield engine, elsewhere.encode(source)
    finally:
        elsewhere.close()


def _shown(ranking: Ranking, docs: Sequence[Doc]) -> list[dict[str, Any]]:
    return [
        {"rank": place.rank, "score": place.score, "docid": doc.docid, "title": doc.title, "text": doc.text[:500]}
        for place, doc in zip(ranking.docs[:SAMPLE], docs[:SAMPLE], strict=True)
    ]


def connect(
    workspace: Workspace,
    name: str,
    source: Source | EngineSource,
    queries: Iterable[str | Query] = (),
    templates: Sequence[Template] | Mapping[str, str] = (),
) -> Experiment:
    """Make a dataset of a search engine or a Python callable, and return the experiment over its first template.

    `source`: an EngineSource with its fields named, or a `Source`, a callable. `queries`: texts, or Query values.
    `templates`: how it is asked, each a first stage of its own, as Template values or name -> SQL or JSON; without,
    those that fit its fields. Nothing is asked yet: `run` asks each query once and keeps the answer. A dataset of this
    name that has the same source stays as it is, and gets the queries and templates that are new. Raises SettingsError
    where the name stands for another source.

    >>> import rerank_core as rl
    >>> def find(query, k):
    ...     return [("d7", "A heron waits in the reeds.", 2.5), ("d9", "Swifts sleep in the air.", 1.0)]
    >>> experiment = rl.connect(rl.Workspace(), "my search", rl.Source(find), ["grey bird by the water"])
    >>> rl.retrieve(experiment, "grey bird by the water").docids
    ('d7', 'd9')
    """
    definition = source.definition if isinstance(source, Source) else source
    asked = [_query(place, query) for place, query in enumerate(queries, start=1)]
    if isinstance(templates, Mapping):
        templates = [Template(one, text) for one, text in templates.items()]
    chosen = list(templates) or (
        list(source.templates) if isinstance(source, Source) else _usual(workspace, definition)
    )
    with workspace.open() as db:
        there = next((row for row in datasets.list_datasets(db) if row.name == name.strip()), None)
    if there is None:
        connect_dataset(workspace, name, definition, chosen, asked)
    else:
        _extend(workspace, name.strip(), definition, chosen, asked)
    return Experiment.of(workspace, name.strip(), ["first-stage"])


def _query(place: int, query: str | Query) -> Query:
    return query if isinstance(query, Query) else Query(f"q{place}", query)


def _usual(workspace: Workspace, source: EngineSource) -> list[Template]:
    if source.engine == HTTP:
        raise SettingsError("An HTTP API needs a template: {'url': …, 'method': …, 'body': …} as JSON.")
    with _opened(workspace, source) as (engine, _):
        return default_templates(source, engine.columns(source.index))


def _extend(
    workspace: Workspace, name: str, source: EngineSource, templates: Sequence[Template], queries: Sequence[Query]
) -> None:
    with workspace.write() as db:
        row = datasets.get_dataset(db, name)
        stored = engine_sources.get_source(db, row.id)
        if stored is None or EngineSource.from_dict(stored.source) != source:
            raise SettingsError(f"'{name}' is another dataset. Choose another name.")
        for template in templates:
            engine_sources.put_template(db, row.id, template.name, template.to_dict())
        known = {query.text for query in datasets.get_queries(db, row.id)}
        qids = {query.qid for query in datasets.get_queries(db, row.id)}
        fresh = [query for query in queries if query.text not in known]
        free = (f"q{number}" for number in range(1, len(qids) + len(fresh) + 1) if f"q{number}" not in qids)
        datasets.add_queries(
            db, row.id, (query if query.qid not in qids else replace(query, qid=next(free)) for query in fresh)
        )
        datasets.count_queries(db, row.id)


def read_source(text: str, name: str) -> tuple[EngineSource, list[Template]]:
    """A source and its templates from JSON: the source's values, and "templates": [{"name", "text"}, …].

    Raises SettingsError; `name`: of the file, for its message.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name} is no JSON: {error}.") from error
    if not isinstance(values, dict):
        raise SettingsError(f"{name} is no JSON object.")
    templates = values.pop("templates", [])
    if not isinstance(templates, list):
        raise SettingsError(f"{name}: templates are a list.")
    return EngineSource.from_dict(values), [Template.from_dict(one) for one in templates]
