"""Trains an encoder by sentence-transformers, where it can be stopped at each step and goes on from a checkpoint."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.training.encoder import EncoderSettings
from rerank_core.training.triples import Triple
from rerank_core.types import Progress, no_progress

EXTRA = 'Training an encoder needs libraries: pip install "rerank-lens[train]".'
CHECKPOINTS = 8
"""How often a training is kept on the way."""
Watch = Callable[[Any], float]
"""The model -> a figure that is shown while it trains, and that nothing is chosen by."""


def check_libraries() -> None:
    """Raise NotReadyError where a library of the trainer is missing."""
    if any(find_spec(name) is None for name in ("accelerate", "datasets")):
        raise NotReadyError(EXTRA)


def train_encoder(
    start: Path,
    triples: Sequence[Triple],
    folder: Path,
    settings: EncoderSettings,
    watch: Watch | None = None,
    progress: Progress = no_progress,
) -> list[list[float]]:
    """Continue the model at `start` on the triples, and write a sentence-transformers folder to `folder`.

    Returns [step, loss] as it went. A training that was stopped goes on from its last checkpoint, which lies beside
    `folder` until it is done; what is done already is not done again. Raises NotReadyError without the libraries,
    SettingsError without a triple, CancelledError where `progress` does.
    """
    check_libraries()
    if not triples:
        raise SettingsError("No query has a relevant passage and one that is not: there is nothing to learn from.")
    work = folder.with_name(folder.name + ".unfinished")
    with _quiet():
        trainer, losses = _trainer(start, triples, work, settings, watch, progress)
        there = sorted(work.glob("checkpoint-*"), key=lambda one: int(one.name.rpartition("-")[2]))
        trainer.train(resume_from_checkpoint=str(there[-1]) if there else None)
    model = trainer.model
    done = work / "model"
    model.save(str(done), create_model_card=False, safe_serialization=True)
    shutil.rmtree(folder, ignore_errors=True)
    done.replace(folder)
    shutil.rmtree(work, ignore_errors=True)
    return losses


def _trainer(
    start: Path,
    triples: Sequence[Triple],
    work: Path,
    settings: EncoderSettings,
    watch: Watch | None,
    progress: Progress,
) -> tuple[Any, list[list[float]]]:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
    from sentence_transformers import SentenceTransformerTrainingArguments as Arguments
    from sentence_transformers.base.sampler import BatchSamplers
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback

    model = SentenceTransformer(str(start), local_files_only=True)
    rows = Dataset.from_dict(
        {
            "anchor": [one.query for one in triples],
            "positive": [one.positive for one in triples],
            "negative": [one.negative for one in triples],
        }
    )
    steps = max(1, settings.epochs * -(-len(triples) // settings.batch))
    arguments = Arguments(
        output_dir=str(work),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.rate,
        warmup_steps=max(1, steps // 10),
        # a text twice in a batch would be its own negative
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        bf16=_has_bf16(str(model.device)),
        seed=settings.seed,
        data_seed=settings.seed,
        save_steps=max(1, steps // CHECKPOINTS),
        save_total_limit=1,
        logging_steps=max(1, min(10, steps // 10)),
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    losses: list[list[float]] = []
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        loss=MultipleNegativesRankingLoss(model, scale=settings.scale),
        callbacks=[_told(progress, losses, watch)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer, losses


def _told(progress: Progress, losses: list[list[float]], watch: Watch | None) -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):
        """Tells each step, which is also where a person's query goes first and a stop is found."""

        said = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            loss = f"loss {losses[-1][1]:.3f}" if losses else "training"
            progress(int(state.global_step), int(state.max_steps), f"{loss}{self.said}")

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
            if logs and "loss" in logs:
                losses.append([float(state.global_step), float(logs["loss"])])

        def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
            if watch is not None and model is not None:
                self.said = f", held-out nDCG@10 {watch(model):.3f}"

    return Told()


def _has_bf16(device: str) -> bool:
    """Where a GPU has it: there it is faster. CPUs of few cores gain nothing and lose digits."""
    import torch

    return device.startswith("cuda") and torch.cuda.is_bf16_supported()


@contextmanager
def _quiet() -> Iterator[None]:
    """The trainer prints its logs; people read the progress."""
    from transformers.utils import logging as transformers_logging

    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)
        logging.getLogger("sentence_transformers").setLevel(logging.NOTSET)
