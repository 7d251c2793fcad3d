"""How fast single texts are encoded here, beside sentence-transformers itself.

All are timed in turn, round after round, and compared within a round: what else runs on the machine slows all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, cast

from rerank_core.inference.precision import Precision
from rerank_core.inference.texts.text_engine import open_texts, unit_vectors, vectors
from rerank_core.types import Progress, no_progress
from tests.bench.encode.models import CASES, Case, bundled
from tests.bench.rerank.world import pairs

LIBRARY = "library"
OURS: tuple[Precision, ...] = ("exact", "fast")
GROWTH = (*((count, 32) for count in (100, 1000, 10_000, 100_000)), *((100, tokens) for tokens in (64, 128, 256, 512)))
"""(texts, tokens of each in the mean): one of them grows at a time."""
_ROOT = Path(__file__).resolve().parents[3]
_FIRST = 100
SAME = 1e-3
"""Exact vectors that differ by more than this from the library's are of another model, or of other texts."""
Encode = Callable[[Sequence[str]], Sequence[Any]]


def demo(count: int) -> list[str]:
    """Passages of the demo, evenly spread over it: `count` of them, or all."""
    lines = [json.loads(line) for line in (_ROOT / "data/demo/corpus.jsonl").read_text("utf-8").splitlines()]
    texts = [f"{line.get('title', '')}\n{line['text']}".strip() for line in lines]
    return texts[:: max(1, len(texts) // count)][:count]


def measure(case: Case, texts: Sequence[str], rounds: int, folder: Path, progress: Progress = no_progress) -> Any:
    """System -> its figures. A ratio is the library's time by the system's in a round: (lower quartile, median, upper).

    All run copies of one model: opened anew, it may have drawn other weights.

    `drift`: the largest difference of a value from the library's; `cosine`: the lowest of a vector and the library's;
    `notes`: why the engine does not run it.
    """
    opened = case.open_model(folder)
    library, systems, notes = deepcopy(opened), {}, {}
    dense = {"convert_to_sparse_tensor": False} if type(library).__name__ == "SparseEncoder" else {}
    systems[LIBRARY] = lambda given: library.encode_document(list(given), show_progress_bar=False, **dense)
    for name in OURS:
        run = open_texts(deepcopy(opened), name, "cpu", case.output)
        systems[name] = _ours(run, case)
        notes[name] = run.note or run.description
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    made: dict[str, Sequence[Any]] = {}
    for encode in systems.values():
        encode(texts[:4])  # warm
    for number in range(rounds):
        for name, encode in systems.items():
            progress(number, rounds, name)
            wall, cpu = perf_counter(), process_time()
            made[name] = encode(texts)
            times[name].append((perf_counter() - wall, process_time() - cpu))
    return {
        name: _figures(times[name], times[LIBRARY], made[name], made[LIBRARY]) | {"notes": notes.get(name, "")}
        for name in systems
    }


def _ours(run: Any, case: Case) -> Encode:
    return lambda given: vectors(run, given, "document", case.output)


def _figures(own: Any, base: Any, made: Sequence[Any], wanted: Sequence[Any]) -> dict[str, Any]:
    import numpy as np

    (wall, cpu), (base_wall, base_cpu) = np.transpose(own), np.transpose(base)
    drift, cosine = 0.0, 1.0
    for one, other in zip(made, wanted, strict=True):
        mine, theirs = (np.atleast_2d(np.asarray(each, dtype=np.float64)) for each in (one, other))
        if not mine.size:
            continue
        drift = max(drift, float(np.abs(mine - theirs).max()))
        lengths = np.linalg.norm(mine, axis=1) * np.linalg.norm(theirs, axis=1)
        cosine = min(cosine, float(((mine * theirs).sum(axis=1) / np.maximum(lengths, 1e-12)).min()))
    return {
        "seconds": float(np.median(wall)),
        "texts_per_second": len(made) / float(np.median(wall)),
        "ratio": _quartiles(base_wall / wall),
        "cpu_ratio": _quartiles(base_cpu / cpu),
        "drift": drift,
        "cosine": cosine,
    }


def in_common(folder: Path, texts: Sequence[str]) -> float:
    """The share of the first 100 passages of each of the demo's queries that exact and fast vectors have in common."""
    import numpy as np

    lines = (_ROOT / "data/demo/queries.jsonl").read_text("utf-8").splitlines()
    queries = [json.loads(line)["text"] for line in lines]
    best = []
    for name in OURS:
        run = open_texts(CASES["embedding"].open_model(folder), name, "cpu", "sentence_embedding")
        asked, given = (
            unit_vectors(vectors(run, some, task, "sentence_embedding"))
            for some, task in ((queries, "query"), (texts, "document"))
        )
        best.append([set(row) for row in np.argsort(-(asked @ given.T), axis=1, kind="stable")[:, :_FIRST].tolist()])
    return float(np.mean([len(one & other) / len(one) for one, other in zip(*best, strict=True)]))


def growth(folder: Path, progress: Progress = no_progress) -> list[dict[str, float]]:
    """The CPU seconds of the bundled MiniLM's exact vectors for each of GROWTH, and the process's memory after it."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(bundled(), device="cpu", local_files_only=True)
    model.max_seq_length = 512
    run = open_texts(model, "exact", "cpu", "sentence_embedding")
    tokenizer, rows = model.tokenizer, []
    for number, (count, tokens) in enumerate(GROWTH):
        progress(number, len(GROWTH), f"{count:,} texts of {tokens} tokens")
        # a pair has a query of 6 tokens and one more special token
        _, texts = pairs(tokenizer, count, tokens + 7)
        wall, cpu = perf_counter(), process_time()
        vectors(run, texts, "document", "sentence_embedding")
        wall, cpu = perf_counter() - wall, process_time() - cpu
        lengths = [min(512, len(ids)) for ids in tokenizer(texts, truncation=False, verbose=False)["input_ids"]]
        rows.append({"texts": count, "mean_tokens": sum(lengths) / count, "seconds": wall, "cpu_seconds": cpu,
                     "ms_a_text": 1000 * cpu / count, "MB": _resident_mb()})  # fmt: skip
    return rows


def _resident_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS"))


def _quartiles(values: Any) -> list[float]:
    import numpy as np

    return cast(list[float], np.quantile(values, [0.25, 0.5, 0.75]).tolist())
