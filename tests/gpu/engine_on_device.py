"""The engine on this machine's device, beside the library: `tests/gpu/run.sh`.

It prints tables, and ends with 1 where an answer is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tests.gpu.attention_paths import attention_rows
from tests.gpu.made_models import ON_CPU, ON_GPU, Shape, made_pairs, write_model
from tests.gpu.measured import HALVES, Way, matrix_rate, open_flag, open_library, open_ours, timed

SECONDS = 200.0
"""After so long no further way is begun: the script ends in time on a slow device too, and says what is left out."""
DRIFT = {"float32": 1e-4, "float16": 3e-2, "bfloat16": 2e-1}
"""The largest difference to the library's float32 scores that is taken for right, by the spread of these scores; also
what the library itself has in that type, and half as much again."""


def main(words: list[str]) -> int:
    """Print what was found, and write it as JSON where asked to; 1 where an answer is wrong."""
    parser = argparse.ArgumentParser(prog="tests/gpu/run.sh", description=__doc__)
    parser.add_argument("--device", help="cuda, cuda:1, cpu (default: cuda where there is one)")
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args(words)
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    torch.backends.cuda.matmul.allow_tf32 = False  # exact means float32
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    started = time.monotonic()
    result: dict[str, Any] = {"device": _facts(device), "attention": attention_rows(device), "shapes": [], "memory": []}
    _print_head(result["device"])
    _print_table("Attention, largest difference to the formula in double precision", result["attention"])
    rates = {kind: matrix_rate(kind, device) for kind in ("float32", *HALVES[_kind(device)])}
    result["rates"] = rates
    print(
        "\nProducts of large square matrices:",
        ", ".join(f"{kind} {rate / 1e12:.2f} TFLOP/s" for kind, rate in rates.items()),
    )
    with TemporaryDirectory() as place:
        for name, shape in (ON_CPU if device == "cpu" else ON_GPU).items():
            folder = write_model(shape, Path(place) / name.replace(",", "").replace(" ", "-"))
            rows = _of_shape(name, shape, folder, device, rates, started)
            result["shapes"] += rows
            _print_table(f"{name}: {shape.pairs:,} pairs of {shape.tokens} tokens in the mean, ratios to predict", rows)
            if not result["memory"]:
                result["memory"] = [_halving(shape, folder, device)]
    _print_table("Too little memory", result["memory"])
    result["seconds"] = time.monotonic() - started
    wrong = [row for part in ("attention", "shapes", "memory") for row in result[part] if row["right"] is False]
    print(f"\n{result['seconds']:.0f} s; {len(wrong)} wrong")
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 1 if wrong else 0


def _kind(device: str) -> str:
    return device.partition(":")[0]


def _facts(device: str) -> dict[str, str]:
    import sentence_transformers
    import torch
    import transformers

    from rerank_core.inference.device import describe_device

    return {
        "device": describe_device(device),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "sentence_transformers": sentence_transformers.__version__,
    }


def _of_shape(
    name: str, shape: Shape, folder: Path, device: str, rates: dict[str, float], started: float
) -> list[dict[str, Any]]:
    """A row per way to score the pairs; each is done once before it is timed, and freed before the next."""
    query, texts, lengths = made_pairs(shape)
    halves = HALVES[_kind(device)]
    ways = [
        Way("predict", "float32", lambda: open_library(folder, device, "float32")),
        Way("ours, exact", "float32", lambda: open_ours(folder, device, "exact", "float32")),
        *(Way("predict", half, lambda half=half: open_library(folder, device, half)) for half in halves),  # type: ignore[misc]
        *(Way("ours, fast", half, lambda half=half: open_ours(folder, device, "fast", half)) for half in halves),  # type: ignore[misc]
        Way("FlagReranker", halves[0] if device != "cpu" else "float32", lambda: open_flag(folder, device)),
    ]
    rows: list[dict[str, Any]] = []
    wanted: list[float] = []
    seconds: dict[str, float] = {}
    drifts: dict[str, float] = {}
    for way in ways:
        row: dict[str, Any] = {"way": way.name, "type": way.kind, "right": None}
        rows.append(row)
        if time.monotonic() - started > SECONDS:
            row["note"] = "not measured: no time left"
            continue
        found = timed(way, query, texts, device)
        row |= found.row
        if found.scores is None:
            continue
        wanted = wanted or found.scores
        spread = max(wanted) - min(wanted)
        drift = max(abs(one - other) for one, other in zip(found.scores, wanted, strict=True)) / spread
        row |= {"drift": drift, "same order": _agreement(found.scores, wanted)}
        if way.name == "predict":
            seconds[way.kind], drifts[way.kind] = found.seconds, drift
        if way.name.startswith("ours"):
            row["right"] = drift <= max(DRIFT[way.kind], 1.5 * drifts.get(way.kind, 0.0))
        row["by predict"] = seconds.get(way.kind, seconds["float32"]) / found.seconds
        row["of the rate"] = shape.operations(lengths) / found.seconds / rates[way.kind]
    return rows


def _agreement(one: list[float], other: list[float]) -> float:
    """Kendall's tau-a (Biometrika 1938) of at most 400 scores: the share of pairs in the same order less the rest's."""
    import torch

    first, second = (torch.tensor(scores[:400], dtype=torch.float64) for scores in (one, other))
    signs = torch.sign(first[:, None] - first[None]) * torch.sign(second[:, None] - second[None])
    return float(signs.sum() / max(1, len(first) * (len(first) - 1)))


def _halving(shape: Shape, folder: Path, device: str) -> dict[str, Any]:
    """The same scores where a pack of the usual size finds no memory: real on a GPU, told by the run on a CPU."""
    import torch

    query, texts, _ = made_pairs(replace(shape, pairs=min(shape.pairs, 1200)))
    scorer = open_ours(folder, device, "exact", "float32")
    wanted, queue = scorer.score(query, texts), scorer.engine._queue
    before, run, packs = queue._budget, queue._run, []

    def counted(pairs: Any) -> Any:
        packs.append(len(pairs))
        if device == "cpu" and len(pairs) > 3:
            raise torch.OutOfMemoryError("told so: a CPU's memory is not limited here")
        return run(pairs)

    if device == "cpu":
        queue._budget = 10**6
    else:
        torch.cuda.empty_cache()
        used, everything = torch.cuda.memory_reserved(), torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, (used + 200 * 2**20) / everything))
    try:
        with patch.object(queue, "_run", counted):
            scores = scorer.score(query, texts)
    finally:
        if device != "cpu":
            torch.cuda.set_per_process_memory_fraction(1.0)
    worst = max(abs(one - other) for one, other in zip(scores, wanted, strict=True))
    halved = queue._budget < (10**6 if device == "cpu" else before)
    return {
        "first pack": packs[0],
        "largest that fitted": max(packs[1:], default=0) if halved else packs[0],
        "tokens in a pack now": queue._budget,
        "worst": worst,
        "right": worst <= 1e-4 * max(1.0, *map(abs, wanted)) and (halved or device != "cpu"),
    }


def _print_head(facts: dict[str, str]) -> None:
    print(", ".join(f"{name} {value}" if name != "device" else value for name, value in facts.items()))


def _print_table(title: str, rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    print(f"\n{title}")
    for line in cells:
        print(
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip(), flush=True
        )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
