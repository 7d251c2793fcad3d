"""The noun of this house: systems over the candidates that one first stage finds in one dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rerank_core.errors import SettingsError
from rerank_core.experiment.connected import fitting
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.systems import FIRST_STAGE, System, get_system
from rerank_core.types import Query

DEPTH = 50
"""Candidates per query where nobody chose a number: the app and the command line start with the same one."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is compared: systems, over the candidates that one first stage finds in one dataset.

    `settings`: how candidates are found. `systems`: in the order in which they are shown; () for the candidates alone.
    `baseline`: the id of the system that the others are compared with. `level`: the lowest relevant grade, for measures
    that name none. Raises SettingsError for a system that is named twice, and for a baseline that is neither the first
    stage nor among the systems.
    """

    workspace: Workspace
    dataset: DatasetRow
    settings: RetrievalSettings
    systems: tuple[System, ...] = ()
    baseline: str = FIRST_STAGE
    level: int = 1

    def __post_init__(self) -> None:
        if twice := [system for system in self.ids if self.ids.count(system) > 1]:
            raise SettingsError(f"The system '{twice[0]}' is named twice.")
        if self.baseline != FIRST_STAGE:
            _check_baseline(self.baseline, self.ids)

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        dataset: str,
        systems: Sequence[str] = (),
        *,
        depth: int | None = None,
        baseline: str | None = None,
        level: int = 1,
        settings: RetrievalSettings | None = None,
    ) -> Experiment:
        """The experiment of these names. `systems`: ids, as the catalogue and the page Rerankers show them.

        `settings` None: BM25 and the bundled dense model, of a connected dataset its first template, 50 candidates per
        query; `depth` goes before the depth of `settings`. `baseline` None: the first stage where it is among the
        systems, else the first of them. Raises NotFoundError for a dataset or a system that is not there (it names
        those that are), SettingsError for a depth outside 10 to 1,000, a system that is named twice, and a baseline
        that is not among the systems.

        >>> import rerank_core as rl
        >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", ["first-stage", "minilm-maxsim"], depth=10)
        >>> experiment.ids, experiment.baseline, experiment.settings.depth
        (('first-stage', 'minilm-maxsim'), 'first-stage', 10)
        """
        if isinstance(systems, str):
            raise SettingsError(f"Systems are a list of ids, such as ['{systems}'], not one text.")
        if baseline is not None:
            _check_baseline(baseline, systems)
        with workspace.open() as db:
            row = datasets.get_dataset(db, dataset)
            chosen = fitting(db, row, settings or RetrievalSettings(depth=DEPTH))
        return cls(
            workspace,
            row,
            chosen if depth is None else replace(chosen, depth=depth),
            tuple(get_system(workspace, system) for system in systems),
            baseline or (systems[0] if systems and FIRST_STAGE not in systems else FIRST_STAGE),
            level,
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the systems, in their order."""
        return tuple(system.id for system in self.systems)

    def key(self, query: Query) -> str:
        """Under what the candidates of a query are kept, and all rankings of them."""
        return self.keys((query,))[query.qid]

    def keys(self, queries: Iterable[Query]) -> dict[str, str]:
        """qid -> `key`, in the order of the queries."""
        settings_key, by_id = self.settings.key(), bool(self.settings.runs())
        return {
            # an imported run has its lists by qid: two queries of one text may have two
            query.qid: candidates_key(
                self.dataset.fingerprint, settings_key, f"{query.qid}\x00{query.text}" if by_id else query.text
            )
            for query in queries
        }

    def found_by(self, system: System) -> Experiment:
        """The experiment whose search finds the system's candidates: itself, or with the system's own first stage.

        The filters are those of this one: they are a part of the question.
        """
        if not isinstance(system.spec, OwnFirstStage):
            return self
        own = replace(system.spec.settings, filters=self.settings.filters)
        return Experiment(self.workspace, self.dataset, own, level=self.level)

    def by_words(self) -> Experiment | None:
        """The same over candidates that are found by words alone; None where no other retriever is asked, or no BM25.

        An experiment of its own, with its own keys: nothing of it counts for this one.
        """
        if "bm25" not in self.settings.retrievers or len(self.settings.retrievers) == 1:
            return None
        return replace(self, settings=replace(self.settings, retrievers=("bm25",), fusion="rrf", weights=()))

    def at_depth(self, depth: int) -> Experiment:
        """The same at another depth. Its candidates are no prefix: each retriever is asked for as many as it says."""
        return replace(self, settings=replace(self.settings, depth=depth))

    def with_systems(self, systems: Sequence[System]) -> Experiment:
        """The same with other systems; without the baseline among them, the first stage is the baseline."""
        kept = self.baseline if self.baseline in (system.id for system in systems) else FIRST_STAGE
        return replace(self, systems=tuple(systems), baseline=kept)

    def check_baseline(self) -> None:
        """Raise SettingsError where the baseline is not among the systems, so that nothing can be compared with it."""
        _check_baseline(self.baseline, self.ids)


def _check_baseline(baseline: str, systems: Sequence[str]) -> None:
    if baseline not in systems:
        raise SettingsError(f"The baseline '{baseline}' is not among the systems.")
