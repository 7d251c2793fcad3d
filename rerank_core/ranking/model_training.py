"""Runs a trainer of sentence-transformers so that it can be stopped at each step and goes on from a checkpoint."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from rerank_core.errors import NotReadyError
from rerank_core.inference.device import abilities, best_device
from rerank_core.types import Progress, no_progress

EXTRA = 'Training a model needs libraries: pip install "rerank-lens[train]".'
CHECKPOINTS = 8
"""How often a training is kept on the way."""
Watch = Callable[[Any], str]
"""The model -> a figure that is shown while it trains, and that nothing is chosen by; such as "nDCG@10 0.785"."""
Start = Callable[[dict[str, Any], list[Any]], Any]
"""(arguments of every trainer, callbacks) -> the trainer."""
Finish = Callable[[Any], None]
"""What is set on the model once it is trained, before it is written."""
_RUN = "training.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that is there. `losses`: [step, loss] as it went. `seconds`: of the training since it last went on."""

    folder: Path
    losses: list[list[float]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """What every trainer is told. `rows`: of the data. `rate`: the highest learning rate."""

    rows: int
    epochs: int
    batch: int
    rate: float
    seed: int

    @property
    def steps(self) -> int:
        """Of the whole training, about."""
        return max(1, self.epochs * -(-self.rows // self.batch))


def check_libraries() -> None:
    """Raise NotReadyError where a library of the trainers is missing."""
    if any(find_spec(name) is None for name in ("accelerate", "datasets")):
        raise NotReadyError(EXTRA)


def attention() -> dict[str, Any]:
    """What a model is opened with to be trained: on a CPU, torch's fused attention takes its time on the way back."""
    return {"attn_implementation": "eager"} if best_device() == "cpu" else {}


def train_model(
    folder: Path,
    schedule: Schedule,
    start: Start,
    watch: Watch | None = None,
    progress: Progress = no_progress,
    what: str = "",
    finish: Finish | None = None,
) -> Trained:
    """Train what `start` gives and write it to `folder`, as safetensors; what is done already is not done again.

    A training that was stopped goes on from its last checkpoint, which lies beside `folder` until it is done. `what`:
    said before the loss. Raises NotReadyError without the libraries, CancelledError where `progress` does.
    """
    check_libraries()
    if (kept := kept_training(folder)) is not None:
        return kept
    work, began = folder.with_name(folder.name + ".unfinished"), perf_counter()
    losses: list[list[float]] = []
    with _quiet():
        from transformers import PrinterCallback

        trainer = start(_arguments(schedule, work), [_told(progress, losses, watch, what)])
        trainer.remove_callback(PrinterCallback)
        there = sorted(work.glob("checkpoint-*"), key=lambda one: int(one.name.rpartition("-")[2]))
        trainer.train(resume_from_checkpoint=str(there[-1]) if there else None)
        if finish is not None:
            finish(trainer.model)
        done = work / "model"
        trainer.model.save(str(done), create_model_card=False, safe_serialization=True)
    made = Trained(folder, losses, perf_counter() - began)
    keep_training(done, made)
    shutil.rmtree(folder, ignore_errors=True)
    done.replace(folder)
    shutil.rmtree(work, ignore_errors=True)
    return made


def kept_training(folder: Path) -> Trained | None:
    """What `keep_training` wrote of the model there; None where there is none."""
    if not (folder / _RUN).is_file():
        return None
    kept = json.loads((folder / _RUN).read_text("utf-8"))
    return Trained(folder, kept["losses"], kept["seconds"])


def keep_training(folder: Path, made: Trained) -> None:
    """Write down beside the model how it was trained."""
    (folder / _RUN).write_text(json.dumps({"losses": made.losses, "seconds": made.seconds}), encoding="utf-8")


def _arguments(schedule: Schedule, work: Path) -> dict[str, Any]:
    return {
        "output_dir": str(work),
        "num_train_epochs": schedule.epochs,
        "per_device_train_batch_size": schedule.batch,
        "learning_rate": schedule.rate,
        "warmup_steps": max(1, schedule.steps // 10),
        "use_cpu": best_device() == "cpu",
        "bf16": abilities().bfloat16,
        "seed": schedule.seed,
        "data_seed": schedule.seed,
        "save_steps": max(1, schedule.steps // CHECKPOINTS),
        "save_total_limit": 1,
        "logging_steps": max(1, min(10, schedule.steps // 10)),
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def _told(progress: Progress, losses: list[list[float]], watch: Watch | None, what: str) -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):
        """Tells each step, which is also where a person's query goes first and a stop is found."""

        said = ""

        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            loss = f"loss {losses[-1][1]:.3f}" if losses else "training"
            progress(int(state.global_step), int(state.max_steps), f"{what}{loss}{self.said}")

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
            if logs and "loss" in logs:
                losses.append([float(state.global_step), float(logs["loss"])])

        def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **more: Any) -> None:
            if watch is not None and model is not None:
                self.said = f", held-out {watch(model)}"

    return Told()


@contextmanager
def _quiet() -> Iterator[None]:
    """The trainer prints its logs and bars; people read the progress."""
    from transformers.utils import logging as transformers_logging

    bars: Any = transformers_logging  # untyped functions
    before, drawn = transformers_logging.get_verbosity(), bars.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    bars.disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)
        if drawn:
            bars.enable_progress_bar()
        logging.getLogger("sentence_transformers").setLevel(logging.NOTSET)
