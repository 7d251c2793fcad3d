"""Datasets whose passages lie in a search engine: made of a source and queries, filled with what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlite_utils import Database

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.template import Template
from rerank_core.retrieval.settings import ENGINE_PREFIX, RETRIEVERS, RetrievalSettings
from rerank_core.store import datasets, engine_sources
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query


@dataclass(frozen=True, slots=True)
class Connection:
    """A dataset's source and its templates, the first of which is the usual first stage. `at`: since when, UTC."""

    source: EngineSource
    templates: tuple[Template, ...]
    epoch: int
    at: str

    @property
    def retrievers(self) -> tuple[str, ...]:
        """The templates as retrieval settings name them."""
        return tuple(f"{ENGINE_PREFIX}{template.name}" for template in self.templates)


def connect_dataset(
    workspace: Workspace,
    name: str,
    source: EngineSource,
    templates: Sequence[Template],
    queries: Iterable[Query] = (),
    scale: dict[int, str] | None = None,
) -> DatasetRow:
    """Make a dataset of a source. It holds no passage yet: they are stored when they are seen among candidates.

    Raises SettingsError without a template and where fields are missing, BadInputError where the name is taken.
    """
    if not templates:
        raise SettingsError("A source needs a template: a query in the engine's language.")
    if not source.fields.docid or not source.fields.text:
        raise SettingsError("Say which fields hold the id and the text of a passage.")
    if len({template.name for template in templates}) < len(templates):
        raise SettingsError("Each template has a name of its own.")
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, name, source.label, scale)
        datasets.add_queries(db, dataset_id, queries)
        datasets.finish_dataset(db, dataset_id, {})
        engine_sources.put_source(db, dataset_id, source.to_dict())
        for template in templates:
            engine_sources.put_template(db, dataset_id, template.name, template.to_dict())
        return datasets.get_dataset(db, name.strip())


def add_template(workspace: Workspace, dataset: DatasetRow, template: Template) -> None:
    """One more first stage of a connected dataset. Raises SettingsError where its name stands for another one."""
    with workspace.write() as db:
        if connection_of(db, dataset) is None:
            raise SettingsError(f"'{dataset.name}' is not connected to a search engine.")
        engine_sources.put_template(db, dataset.id, template.name, template.to_dict())


def connection_of(db: Database, dataset: DatasetRow) -> Connection | None:
    """A dataset's source and templates; None where its passages lie here. Raises RerankLensError for unknown ones."""
    stored = engine_sources.get_source(db, dataset.id)
    if stored is None:
        return None
    try:
        source = EngineSource.from_dict(stored.source)
        templates = tuple(map(Template.from_dict, engine_sources.get_templates(db, dataset.id)))
    except SettingsError as error:
        raise RerankLensError(f"The source of '{dataset.name}' is not known to this version: {error}") from error
    return Connection(source, templates, stored.epoch, stored.at)


def fitting(db: Database, dataset: DatasetRow, settings: RetrievalSettings) -> RetrievalSettings:
    """The settings as the dataset can be searched with them.

    Where a connected dataset is asked with the retrievers that hold without a choice, its first template is asked, and
    filters fall away. Raises SettingsError for retrievers that the dataset does not have.
    """
    connection = connection_of(db, dataset)
    if connection is None:
        if settings.is_elsewhere:
            raise SettingsError(f"'{dataset.name}' is not connected to a search engine; ask {', '.join(RETRIEVERS)}.")
        return settings
    known = connection.retrievers
    if settings.is_elsewhere:
        unknown = [name for name in settings.retrievers if name not in known]
        if unknown:
            raise SettingsError(f"'{dataset.name}' has no template '{unknown[0]}'; it has {', '.join(known)}.")
        return settings
    if settings.retrievers != RETRIEVERS:
        raise SettingsError(f"'{dataset.name}' is searched by its engine: its retrievers are {', '.join(known)}.")
    return replace(settings, retrievers=known[:1], weights=(), fusion="rrf", filters=())
