"""Opens the search engines of connected datasets, with the model that makes their queries' vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.experiment.connected import Connection, connection_of
from rerank_core.ranking.loaded import Loaded
from rerank_core.retrieval.encoder import Encoder
from rerank_core.retrieval.encoders import open_encoder
from rerank_core.retrieval.engines.engine import Engine
from rerank_core.retrieval.engines.first_stage import Encode, EngineFirstStage
from rerank_core.retrieval.engines.open_engine import open_engine
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.query_variants.search_text import SearchText, vector_of
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.engine_answers import StoredAnswers
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Elsewhere:
    """The engines that were opened for one workspace. Not for several threads at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engines: dict[str, Engine] = {}
        self._encoders: Loaded[str, Encoder] = Loaded()
        self._stages: dict[tuple[int, str, int], EngineFirstStage] = {}

    def first_stage(self, dataset: DatasetRow) -> EngineFirstStage:
        """The first stage of a connected dataset. Raises SettingsError where it is none, NotReadyError for a key."""
        connection = self.connection(dataset)
        key = (dataset.id, dataset.fingerprint, len(connection.templates))
        if key not in self._stages:
            self._stages[key] = EngineFirstStage(
                connection.source,
                {template.name: template for template in connection.templates},
                LateEngine(self, connection.source),
                StoredAnswers(self._workspace, dataset),
                self.encode(connection.source),
            )
        return self._stages[key]

    def refuse_local(self, dataset: DatasetRow) -> None:
        """Raise SettingsError for a connected dataset: an index of what was seen alone would find too little."""
        with self._workspace.open() as db:
            if (found := connection_of(db, dataset)) is not None:
                known = ", ".join(found.retrievers)
                raise SettingsError(f"'{dataset.name}' is searched by its engine: its retrievers are {known}.")

    def connection(self, dataset: DatasetRow) -> Connection:
        """The dataset's source and templates. Raises SettingsError where it has none."""
        with self._workspace.open() as db:
            connection = connection_of(db, dataset)
        if connection is None:
            raise SettingsError(f"'{dataset.name}' is not connected to a search engine.")
        return connection

    def engine(self, source: EngineSource) -> Engine:
        """The engine of a source, opened once."""
        name = source.to_json()
        if name not in self._engines:
            self._engines[name] = open_engine(source)
        return self._engines[name]

    def encoder(self, source: EngineSource) -> Encoder:
        """The model that makes the vectors of a source. Raises NotReadyError where it is not on this machine."""
        model = source.dense()
        name = f"{model.matters()} {model.keys}"
        if name not in self._encoders:
            self._encoders[name] = open_encoder(model)
        return self._encoders[name]

    def encode(self, source: EngineSource) -> Encode:
        """What makes the vector of a search."""

        def encoded(search: SearchText) -> NDArray[np.float32]:
            return vector_of(search, self.encoder(source))

        return encoded

    def let_go(self, seconds: float) -> int:
        """See `Pipeline.let_go`; engines stay open, as they hold no more than a line."""
        return self._encoders.let_go(seconds)

    def close(self) -> None:
        """Close the lines to engines and to services of vectors; what is asked next opens them again."""
        for opened in (*self._engines.values(), *self._encoders.values()):
            if (close := getattr(opened, "close", None)) is not None:
                close()
        self._engines.clear()


class LateEngine:
    """An engine that is opened when it is asked: what is kept needs no key, and nothing that runs."""

    def __init__(self, elsewhere: Elsewhere, source: EngineSource) -> None:
        self._elsewhere, self._source = elsewhere, source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._elsewhere.engine(self._source), name)
