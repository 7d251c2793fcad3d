"""Trains an encoder by sentence-transformers, on triples of query, right passage and one that is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rerank_core.ranking.model_training import Schedule, Trained, Watch, attention, train_model
from rerank_core.training.models.encoder import EncoderSettings
from rerank_core.training.models.triples import Triple, columns, refuse_none
from rerank_core.types import Progress, no_progress


def train_encoder(
    start: Path,
    triples: Sequence[Triple],
    folder: Path,
    settings: EncoderSettings,
    watch: Watch | None = None,
    progress: Progress = no_progress,
    what: str = "",
) -> Trained:
    """Continue the model at `start` on the triples, see `model_training.train_model`.

    Raises SettingsError without a triple.
    """
    refuse_none(triples)

    def trainer(arguments: dict[str, Any], callbacks: list[Any]) -> Any:
        from datasets import Dataset
        from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
        from sentence_transformers import SentenceTransformerTrainingArguments as Arguments
        from sentence_transformers.base.sampler import BatchSamplers
        from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

        model = SentenceTransformer(str(start), local_files_only=True, model_kwargs=attention())
        return SentenceTransformerTrainer(
            model=model,
            # a text twice in a batch would be its own negative
            args=Arguments(**arguments, batch_sampler=BatchSamplers.NO_DUPLICATES),
            train_dataset=Dataset.from_dict(columns(triples)),
            loss=MultipleNegativesRankingLoss(model, scale=settings.scale),
            callbacks=callbacks,
        )

    schedule = Schedule(len(triples), settings.epochs, settings.batch, settings.rate, settings.seed)
    return train_model(folder, schedule, trainer, watch, progress, what)


def cosines(model: Any, query: str, texts: Sequence[str]) -> list[float]:
    """Of a loaded encoder."""
    import numpy as np

    vectors = np.asarray(model.encode([query, *texts], normalize_embeddings=True, show_progress_bar=False))
    return [float(value) for value in vectors[1:] @ vectors[0]]


def opened(folder: Path) -> Any:
    """A trained encoder, to ask for cosines."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), local_files_only=True)
