"""Teaches an encoder a system's scores: as a cross-encoder whose head reads all of a pair's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.ranking.model_training import Schedule, Trained, Watch, attention, train_model
from rerank_core.training.models.cross_encoder import DistilledSettings
from rerank_core.training.models.pairs import TargetPair, taught_groups
from rerank_core.types import Progress, no_progress

HEAD = r"^model\.[1-9]"
"""What the trainer calls the weights of the modules after the encoder."""


def teach(
    start: Path,
    pairs: Sequence[TargetPair],
    folder: Path,
    settings: DistilledSettings,
    watch: Watch | None = None,
    progress: Progress = no_progress,
    what: str = "",
) -> Trained:
    """Teach the encoder at `start` the targets of these pairs, see `model_training.train_model`.

    Raises SettingsError where no query has two passages with other targets.
    """
    groups = taught_groups(pairs, settings.taught_group, settings.sharpness, settings.seed)
    if not groups:
        raise SettingsError("The teacher gives all passages of a query one score: there is nothing to learn from.")

    def trainer(arguments: dict[str, Any], callbacks: list[Any]) -> Any:
        from datasets import Dataset
        from sentence_transformers.cross_encoder import CrossEncoderTrainer
        from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments as Arguments
        from sentence_transformers.cross_encoder.losses import ListNetLoss

        model = student(start, settings.taught_tokens, settings.seed)
        columns = {
            "query": [one.query for one in groups],
            "passages": [list(one.passages) for one in groups],
            "label": [list(one.targets) for one in groups],
        }
        return CrossEncoderTrainer(
            model=model,
            args=Arguments(**arguments, learning_rate_mapping={HEAD: settings.head_rate}),
            train_dataset=Dataset.from_dict(columns),
            # all pairs of a batch in one pass
            loss=ListNetLoss(model, mini_batch_size=-1),
            callbacks=callbacks,
        )

    schedule = Schedule(
        len(groups), settings.taught_epochs, settings.taught_groups, settings.taught_rate, settings.seed
    )
    return train_model(folder, schedule, trainer, watch, progress, what, lambda model: _read(model, settings.tokens))


def student(start: Path, tokens: int, seed: int) -> Any:
    """A CrossEncoder of sentence-transformers: the encoder at `start`, the mean of its tokens, a drawn head.

    The first token of an encoder that was trained for the mean knows little. Word vectors stay as they are: few pairs
    do not move those of words that they lack. Nothing is dropped out: the teacher's scores have no noise to be robust
    to.
    """
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.cross_encoder import CrossEncoder
    from sentence_transformers.sentence_transformer.modules import Pooling
    from torch.nn import Identity, Tanh
    from transformers import set_seed

    body = Transformer(
        str(start),
        model_kwargs={"local_files_only": True, **attention()},
        processor_kwargs={"local_files_only": True},
        config_kwargs={"local_files_only": True, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
    )
    body.model.get_input_embeddings().requires_grad_(False)
    width = body.get_embedding_dimension()
    set_seed(seed)
    head = [
        Pooling(width, "mean"),
        Dense(width, width, activation_function=Tanh()),
        Dense(width, 1, activation_function=Identity(), module_output_name="scores"),
    ]
    model = CrossEncoder(modules=[body, *head], num_labels=1)
    _read(model, tokens)
    return model


def _read(model: Any, tokens: int) -> None:
    """Let it read so many tokens of a pair."""
    model.max_seq_length = tokens
