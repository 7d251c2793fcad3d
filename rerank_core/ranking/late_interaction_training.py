"""Trains a late-interaction model by sentence-transformers, on triples of query, right passage and one that is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rerank_core.ranking.model_training import Schedule, Trained, Watch, attention, train_model
from rerank_core.rerankers.local.late_interaction import token_vectors
from rerank_core.training.models.late_interaction import LateInteractionSettings
from rerank_core.training.models.triples import Triple, columns, refuse_none
from rerank_core.types import Progress, no_progress


def train_late_interaction(
    start: Path,
    triples: Sequence[Triple],
    folder: Path,
    settings: LateInteractionSettings,
    watch: Watch | None = None,
    progress: Progress = no_progress,
    what: str = "",
) -> Trained:
    """Continue the token vectors of the bi-encoder at `start`, see `model_training.train_model`.

    Raises SettingsError without a triple.
    """
    refuse_none(triples)

    def trainer(arguments: dict[str, Any], callbacks: list[Any]) -> Any:
        from datasets import Dataset
        from sentence_transformers import MultiVectorEncoder, MultiVectorEncoderTrainer
        from sentence_transformers import MultiVectorEncoderTrainingArguments as Arguments
        from sentence_transformers.base.sampler import BatchSamplers
        from sentence_transformers.multi_vector_encoder.losses import MultiVectorMultipleNegativesRankingLoss

        model = MultiVectorEncoder(modules=token_vectors(start, **attention()))
        return MultiVectorEncoderTrainer(
            model=model,
            # a text twice in a batch would be its own negative
            args=Arguments(**arguments, batch_sampler=BatchSamplers.NO_DUPLICATES),
            train_dataset=Dataset.from_dict(columns(triples)),
            loss=MultiVectorMultipleNegativesRankingLoss(model, scale=settings.scale),
            callbacks=callbacks,
        )

    schedule = Schedule(len(triples), settings.epochs, settings.batch, settings.rate, settings.seed)
    return train_model(folder, schedule, trainer, watch, progress, what)


def max_sims(model: Any, query: str, texts: Sequence[str]) -> list[float]:
    """MaxSim sums of a loaded model."""
    passages = model.encode_document(list(texts), show_progress_bar=False)
    return [float(value) for value in model.similarity(model.encode_query([query]), passages)[0]]


def opened(folder: Path) -> Any:
    """A trained model, to ask for MaxSim sums."""
    from sentence_transformers import MultiVectorEncoder

    return MultiVectorEncoder(str(folder), local_files_only=True)
