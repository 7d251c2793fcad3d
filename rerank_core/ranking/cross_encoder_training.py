"""Trains a cross-encoder by sentence-transformers, on pairs of query and passage with a grade each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.ranking.model_training import Schedule, Trained, Watch, attention, train_model
from rerank_core.training.models.cross_encoder import CrossEncoderSettings
from rerank_core.training.models.pairs import TargetPair
from rerank_core.types import Progress, no_progress


def train_cross_encoder(
    start: Path,
    pairs: Sequence[TargetPair],
    folder: Path,
    settings: CrossEncoderSettings,
    watch: Watch | None = None,
    progress: Progress = no_progress,
    what: str = "",
) -> Trained:
    """Continue the model at `start`, see `model_training.train_model`, by binary cross-entropy; targets 0 to 1.

    Raises SettingsError where no two pairs differ in their targets, and for a model that gives more than one score.
    """
    if len({one.target for one in pairs}) < 2:
        raise SettingsError("No passage has another grade than the others: there is nothing to learn from.")

    def trainer(arguments: dict[str, Any], callbacks: list[Any]) -> Any:
        from datasets import Dataset
        from sentence_transformers.cross_encoder import CrossEncoder, CrossEncoderTrainer
        from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments as Arguments
        from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

        model = CrossEncoder(str(start), local_files_only=True, model_kwargs=attention())
        if model.num_labels != 1:
            raise SettingsError(f"{start.name} gives {model.num_labels} scores per pair: a reranker gives one.")
        # one that reads no more than so many tokens keeps that
        model.max_seq_length = min(settings.tokens, model.max_seq_length or settings.tokens)
        columns = {
            "query": [one.query for one in pairs],
            "passage": [one.passage for one in pairs],
            "label": [one.target for one in pairs],
        }
        return CrossEncoderTrainer(
            model=model,
            args=Arguments(**arguments),
            train_dataset=Dataset.from_dict(columns),
            loss=BinaryCrossEntropyLoss(model),
            callbacks=callbacks,
        )

    schedule = Schedule(len(pairs), settings.epochs, settings.batch, settings.rate, settings.seed)
    return train_model(folder, schedule, trainer, watch, progress, what)


def logits(model: Any, query: str, texts: Sequence[str]) -> list[float]:
    """Raw scores of a loaded cross-encoder."""
    import torch

    scores = model.predict(
        [(query, text) for text in texts], activation_fn=torch.nn.Identity(), show_progress_bar=False
    )
    return [float(score) for score in scores]


def opened(folder: Path) -> Any:
    """A trained cross-encoder, to ask for logits."""
    from sentence_transformers.cross_encoder import CrossEncoder

    return CrossEncoder(str(folder), local_files_only=True)
