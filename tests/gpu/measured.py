"""Ways to score pairs on a device, opened, timed and freed one after the other; and what the device can do at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.gpu.made_models import LONGEST

HALVES = {"cuda": ("float16", "bfloat16"), "cpu": ("bfloat16",), "mps": ()}
"""The 16-bit types that are timed on a kind of device; a CPU has no float16 to speak of."""
ROUNDS, LONG_ENOUGH = 5, 4.0
"""So many times, but no longer than so many seconds."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to score pairs: who does it, in which type, and what opens it, or gives None where it is not installed."""

    name: str
    kind: str
    open: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Timed:
    """The best of some rounds, what was scored (None: not run), and what is told of it."""

    seconds: float = 0.0
    scores: list[float] | None = None
    row: dict[str, Any] = field(default_factory=dict)


class _Library:
    """`CrossEncoder.predict`, raw scores, batches as its documentation has them."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        import torch

        raw = torch.nn.Identity()
        found = self._model.predict([(query, text) for text in texts], activation_fn=raw, show_progress_bar=False)
        return [float(one) for one in found]


class _Flag:
    """FlagEmbedding's FlagReranker with its defaults."""

    def __init__(self, model: Any, device: str) -> None:
        self._model, self._device = model, device

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        pairs = [(query, text) for text in texts]
        found = self._model.compute_score_single_gpu(pairs, max_length=LONGEST, device=self._device)
        return [float(one) for one in found]


def open_library(folder: Path, device: str, kind: str) -> _Library:
    """sentence-transformers' CrossEncoder in this type."""
    import torch
    from sentence_transformers import CrossEncoder

    options = {"dtype": getattr(torch, kind)}
    return _Library(CrossEncoder(str(folder), device=device, local_files_only=True, model_kwargs=options))


def open_flag(folder: Path, device: str) -> _Flag | None:
    """FlagReranker, in float16 on a GPU; None where FlagEmbedding is not installed."""
    if find_spec("FlagEmbedding") is None:
        return None
    from rerank_core.rerankers.flag.library import flag_library

    return _Flag(flag_library().FlagReranker(str(folder), devices=device, use_fp16=device != "cpu"), device)


def open_ours(folder: Path, device: str, precision: str, kind: str) -> Any:
    """Our cross-encoder in one of the named precisions, `fast` in the type that is asked for."""
    from rerank_core.inference import engine
    from rerank_core.inference.device import abilities
    from rerank_core.rerankers.local.cross_encoder import open_model

    # without OpenVINO, which this is not about; float16 is what it takes where a device has no bfloat16
    here = replace(abilities(device), bfloat16=kind == "bfloat16", openvino=False)
    settings = {"max_length": LONGEST, "precision": precision, "cut": "longest_first", "trust_remote_code": False}
    with patch.object(engine, "abilities", lambda _: here):
        return open_model("cross-encoder", folder, settings, device)


def timed(way: Way, query: str, texts: Sequence[str], device: str) -> Timed:
    """Open the way, score once, then time it; afterwards nothing of it is left on the device."""
    import torch

    from rerank_core.inference.free_memory import free_memory

    cuda = device.startswith("cuda")
    free_memory()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    try:
        scorer = way.open()
        if scorer is None:
            return Timed(row={"note": "not installed"})
        scores, best = scorer.score(query, texts), float("inf")
        begun = time.perf_counter()
        for _ in range(ROUNDS):
            began = time.perf_counter()
            scorer.score(query, texts)
            best = min(best, time.perf_counter() - began)
            if time.perf_counter() - begun > LONG_ENOUGH:
                break
    except Exception as error:  # a library that does not know this model is told, and no fault of ours
        return Timed(row={"note": f"{type(error).__name__}: {str(error).splitlines()[0][:80] if str(error) else ''}"})
    row: dict[str, Any] = {"seconds": best, "pairs per second": round(len(texts) / best, 1)}
    if cuda:
        row["MiB at most"] = round(torch.cuda.max_memory_allocated() / 2**20)
    if hasattr(scorer, "runs_as"):
        row["note"] = scorer.runs_as
    return Timed(best, scores, row)


def matrix_rate(kind: str, device: str) -> float:
    """Operations a second of products of square matrices in this type, the best of some."""
    import torch

    cuda = device.startswith("cuda")
    size = 4096 if cuda else 1024
    dtype = getattr(torch, kind)
    one, other = (torch.randn(size, size).to(device, dtype) for _ in range(2))
    repeats, best = (20 if cuda else 3), float("inf")
    for _ in range(4):
        began = time.perf_counter()
        for _ in range(repeats):
            one @ other
        if cuda:
            torch.cuda.synchronize()
        best = min(best, (time.perf_counter() - began) / repeats)
    return 2 * size**3 / best
