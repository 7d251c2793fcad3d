"""Makes what a training reads: every list on its own, then the rankings over each fold's first stage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.cross_encoder_system import continued, distilled
from rerank_core.ranking.encoder_system import EncoderRecipe
from rerank_core.ranking.late_interaction_system import LateInteractionRecipe
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_system import train_model_system
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.tuning import rank_pool
from rerank_core.training.blend import Blended, learn_blend
from rerank_core.training.folds import FOLDS
from rerank_core.training.linear import check_library
from rerank_core.training.models.cross_encoder import CROSS_ENCODER, CrossEncoderSettings, DistilledSettings
from rerank_core.training.models.encoder import ENCODER, EncoderSettings
from rerank_core.training.models.late_interaction import LATE_INTERACTION, LateInteractionSettings
from rerank_core.training.plan import Plan, first_stage_space, plan
from rerank_core.training.record import BLEND, KINDS, record_blend
from rerank_core.tuning.tune import check_graded
from rerank_core.types import Progress, no_progress


def train(
    pipeline: Pipeline,
    experiment: Experiment,
    model: str = BLEND,
    measure: Measure | str = "nDCG@10",
    *,
    start: str = "",
    teacher: str = "",
    held: Sequence[str] = (),
    extras: Collection[str] = (),
    folds: int = FOLDS,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train one of `training.record.KINDS`, and what was found as JSON. Raises SettingsError for another one.

    `folds`: of a blend. For all others: `held` and `extras` as of `train_model_system`. `start`: of a cross-encoder,
    `teacher`: of a distillation, both ids of systems.
    """
    if model not in KINDS:
        raise SettingsError(f"There is no training of {model!r}; there is {', '.join(KINDS)}.")
    if model == BLEND:
        return record_blend(
            train_blend(pipeline, experiment, measure, folds=folds, seed=seed, margin=margin, progress=progress)
        )
    if model == ENCODER:
        recipe: Recipe = EncoderRecipe(pipeline=pipeline, settings=EncoderSettings(seed=seed))
    elif model == LATE_INTERACTION:
        recipe = LateInteractionRecipe(pipeline=pipeline, settings=LateInteractionSettings(seed=seed))
    elif model == CROSS_ENCODER:
        recipe = continued(pipeline, experiment, start, CrossEncoderSettings(seed=seed))
    else:
        recipe = distilled(pipeline, experiment, teacher, DistilledSettings(seed=seed))
    return train_model_system(experiment, recipe, measure, held=held, extras=extras, margin=margin, progress=progress)


def train_blend(
    pipeline: Pipeline,
    experiment: Experiment,
    measure: Measure | str = "nDCG@10",
    *,
    folds: int = FOLDS,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
    progress: Progress = no_progress,
) -> Blended:
    """Rank what is missing and learn a blend; what is kept is not made again, so a training that was stopped goes on.

    Raises NotReadyError without scikit-learn, SettingsError as `training.plan.plan` and `learn_blend` do,
    CancelledError where `progress` does.
    """
    check_library()
    check_graded(experiment)
    rank_pool(pipeline, experiment.with_systems(()), first_stage_space(experiment.settings), progress)
    split = plan(experiment, measure, folds, seed)
    rank_folds(pipeline, split, progress)
    return learn_blend(split, margin, progress)


def rank_folds(pipeline: Pipeline, split: Plan, progress: Progress = no_progress) -> dict[str, int]:
    """Rank the queries over each first stage that a fold has. Returns system id -> queries on which it failed."""
    failed: dict[str, int] = {}
    for one in split.experiments().values():
        for query in split.queries:
            # also where no system is asked: the candidates themselves are read
            pipeline.candidates(one, query)
        for system, count in pipeline.run(one, split.queries, progress).items():
            failed[system] = failed.get(system, 0) + count
    return failed
