"""A cross-encoder as what is trained: from one that is here, or from the bundled model and a teacher's scores."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.cross_encoder_training import logits, opened, train_cross_encoder
from rerank_core.ranking.distillation import teach
from rerank_core.ranking.encoder_system import BUNDLED_LICENCE, BUNDLED_NAME, bundled
from rerank_core.ranking.measured_reranker import measured_reranker
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_training import Trained, Watch, keep_training, kept_training
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.store import datasets
from rerank_core.store.tuned_systems import chosen_on
from rerank_core.systems.systems import System, get_system
from rerank_core.training.folds import one_text
from rerank_core.training.models.cross_encoder import (
    CROSS_ENCODER,
    DISTILLED,
    LABEL,
    STARTED,
    TAUGHT,
    CrossEncoderSettings,
    DistilledSettings,
    agreement,
)
from rerank_core.training.models.measured import Measured, rankings_of
from rerank_core.training.models.pairs import TargetPair, graded_pairs, taught_pairs
from rerank_core.training.models.split import Part
from rerank_core.training.models.world import Scores, World
from rerank_core.training.plan import asked
from rerank_core.types import Progress, Query, no_progress

MOST_TAUGHT = 350
"""Of so many queries at most, graded or not, a teacher's scores are read; ten pairs of each and more."""


@dataclass(frozen=True, kw_only=True)
class CrossEncoderRecipe(Recipe):
    """See `Recipe`. `begins`: the folder of what it starts from. `teacher`: of a distillation, which goes before."""

    begins: Path
    settings: CrossEncoderSettings
    started: System | None = None
    teacher: System | None = None
    name: str = LABEL
    task: str = "text-ranking"

    def train(self, world: World, part: Part, folder: Path, watch: Watch, progress: Progress, what: str) -> Trained:
        """By the teacher first, where there is one, then by the grades."""
        if self.teacher is None:
            return train_cross_encoder(self.begins, _graded(world, part), folder, self.settings, watch, progress, what)
        if (kept := kept_training(folder)) is not None:
            return kept
        assert isinstance(self.settings, DistilledSettings)
        pairs, told = self._taught_pairs(world, part, progress), f"{what}taught by {self.teacher.label}: "
        taught = teach(self.begins, pairs, taught_folder(folder), self.settings, watch, progress, told)
        made = train_cross_encoder(taught.folder, _graded(world, part), folder, self.settings, watch, progress, what)
        after = taught.losses[-1][0] if taught.losses else 0.0
        losses = taught.losses + [[step + after, loss] for step, loss in made.losses]
        both = Trained(folder, losses, taught.seconds + made.seconds)
        keep_training(folder, both)
        return both

    def read(self, world: World, part: Part) -> str:
        """How many pairs."""
        rows = _graded(world, part)
        weak = sum(one.weak for one in rows)
        said = f"{len(rows):,} pairs with a grade's target, {weak:,} of them weak negatives."
        if self.teacher is None:
            return said
        taught = self._taught_pairs(world, part, no_progress)
        return f"{len(taught):,} pairs with a score of {self.teacher.label}; then {said}"

    def measure(self, world: World, part: Part, folder: Path, progress: Progress) -> Measured:
        """As a reranker of the experiment's candidates; with how near it is to its teacher."""
        trained = _as_system("trained", folder)
        taught = _as_system("taught", taught_folder(folder)) if taught_folder(folder).is_dir() else None
        started = None if self.started is None else (STARTED, self.started)
        more = {} if taught is None else {TAUGHT: taught}
        found = measured_reranker(self.pipeline, world, part, trained, started, more, progress)
        if self.teacher is None:
            return found
        agreed = self._agreement(world.experiment, part.judged, taught, trained, self.teacher)
        return replace(found, facts={**found.facts, "agreement": agreed})

    def scores(self, model: Any) -> Scores:
        """Raw logits."""
        return partial(logits, model)

    def opened(self, folder: Path) -> Any:
        """By sentence-transformers."""
        return opened(folder)

    def forget(self, folder: Path) -> None:
        """The model as its teacher left it."""
        shutil.rmtree(taught_folder(folder), ignore_errors=True)

    def _agreement(
        self, base: Experiment, judged: Sequence[Query], taught: System | None, trained: System, teacher: System
    ) -> dict[str, Any]:
        theirs = rankings_of(base, teacher, judged)
        after = agreement(rankings_of(base, trained, judged), theirs)
        before = after if taught is None else agreement(rankings_of(base, taught, judged), theirs)
        return {
            "teacher": teacher.label,
            "taught": None if taught is None else before.tau,
            "trained": after.tau,
            "queries": before.queries,
            "pairs": before.pairs,
        }

    def _taught_pairs(self, world: World, part: Part, progress: Progress) -> list[TargetPair]:
        assert self.teacher is not None
        experiment = world.experiment.with_systems([self.teacher])
        queries = _taught_queries(world, part)
        self.pipeline.run(experiment, queries, progress)
        found = rankings_of(experiment, self.teacher, queries)
        wanted = {docid for ranking in found.values() for docid in ranking.docids}
        with experiment.workspace.open() as db:
            docs = datasets.get_docs(db, experiment.dataset.id, sorted(wanted))
        return taught_pairs(queries, found, docs, world.seed)


def continued(
    pipeline: Pipeline, experiment: Experiment, start: str, settings: CrossEncoderSettings
) -> CrossEncoderRecipe:
    """From a cross-encoder: the id of a system, or of a model as "cross-encoder:FOLDER".

    Raises SettingsError for what is no cross-encoder or is not on this machine.
    """
    try:
        system = get_system(experiment.workspace, start)
    except NotFoundError:
        system = System("start", get(start))
    folder = folder_of(system.model) if system.model.family == CROSS_ENCODER else None
    if folder is None or system.spec is not None:
        raise SettingsError(f"{system.label} is no cross-encoder whose files are on this machine.")
    with experiment.workspace.open() as db:
        seen = chosen_on(db, [system.id]).get(system.id, frozenset())
    made_of = {"start": system.made_of}
    return CrossEncoderRecipe(
        pipeline=pipeline,
        kind=CROSS_ENCODER,
        begins=folder,
        start=system.label,
        licence=system.model.licence or "",
        settings=settings,
        made_of=made_of,
        seen=seen,
        started=system,
    )


def distilled(
    pipeline: Pipeline, experiment: Experiment, teacher: str, settings: DistilledSettings
) -> CrossEncoderRecipe:
    """From the bundled model, taught by one of the experiment's systems. Raises SettingsError for another one."""
    members, notes = asked(experiment)
    systems = {system.id: system for system in members}
    if teacher not in systems:
        known = ", ".join(systems) or "none"
        raise SettingsError(" ".join([f"A teacher is one of the systems that are compared: {known}.", *notes]))
    system = systems[teacher]
    made_of = {"start": BUNDLED_NAME, "teacher": system.made_of, "candidates": experiment.settings.to_json()}
    return CrossEncoderRecipe(
        pipeline=pipeline,
        kind=DISTILLED,
        begins=bundled(),
        start=BUNDLED_NAME,
        licence=BUNDLED_LICENCE,
        settings=settings,
        made_of=made_of,
        teacher=system,
    )


def taught_folder(folder: Path) -> Path:
    """Where the model lies as its teacher left it."""
    return folder.with_name(folder.name + ".taught")


def _as_system(name: str, folder: Path) -> System:
    return System(name, get(f"{CROSS_ENCODER}:{folder}"))


def _graded(world: World, part: Part) -> list[TargetPair]:
    top = max(world.experiment.dataset.scale)
    return graded_pairs(part.learned, world.qrels, world.docs, world.candidates, top, world.seed)


def _taught_queries(world: World, part: Part) -> list[Query]:
    """Up to `MOST_TAUGHT` of the dataset's queries, graded or not, none of them with a text that is judged."""
    judged = {one_text(query) for query in part.judged}
    learned = {query.qid for query in part.learned}
    graded = {query.qid for query in world.queries}
    with world.experiment.workspace.open() as db:
        every = datasets.get_queries(db, world.experiment.dataset.id)
    may = [
        query for query in every if one_text(query) not in judged and (query.qid in learned or query.qid not in graded)
    ]
    return may if len(may) <= MOST_TAUGHT else random.Random(world.seed).sample(may, MOST_TAUGHT)
