"""Reference scores as files: one for each set, with what made them and the settings of ours that say the same."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.rerankers.reference.inputs import QUERIES, TEXTS
from tests.rerankers.reference.tiny_models import FOLDERS
from tests.rerankers.reference.tiny_tokenizers import HERE


@dataclass(frozen=True, slots=True)
class Set:
    """Scores that the authors' code gave: `scores` holds, by length and name of the query, one for each of TEXTS.

    `family`, `folder` (a name in FOLDERS) and `settings` (with `length` for the one named `max_length`) are how ours
    loads the same model; `made_by` names the code, `environment` the versions it ran with.
    """

    name: str
    family: str
    folder: str
    settings: Mapping[str, Any]
    made_by: str
    environment: Mapping[str, str]
    scores: Mapping[str, Mapping[str, Sequence[float]]]


def sets() -> Iterator[Set]:
    """All that are kept."""
    for file in sorted(HERE.glob("scores_*.json")):
        yield Set(file.stem.removeprefix("scores_"), **json.loads(file.read_text("utf-8")))


Score = Callable[[str, list[str]], Sequence[float]]


def make(
    name: str,
    family: str,
    folder: str,
    made_by: str,
    packages: Sequence[str],
    lengths: Sequence[int],
    open_at: Callable[[str, int], Score],
    **settings: Any,
) -> None:
    """Write the set `name`: `open_at(folder, length)` gives a function from a query and texts to their scores."""
    with tempfile.TemporaryDirectory() as place:
        path = str(FOLDERS[folder](Path(place) / folder))
        scores = {}
        for length in lengths:
            score = open_at(path, length)
            scores[str(length)] = {
                key: [round(float(value), 6) for value in score(query, list(TEXTS.values()))]
                for key, query in QUERIES.items()
            }
    environment = {"python": platform.python_version(), **{package: version(package) for package in packages}}
    content = {"family": family, "folder": folder, "settings": settings, "made_by": made_by,
               "environment": environment, "scores": scores}  # fmt: skip
    text = json.dumps(content, indent=1)
    # a row of numbers stays on one line
    lines = "".join(line.strip() if _number(line) else f"\n{line}" for line in text.splitlines())
    (HERE / f"scores_{name}.json").write_text(lines.strip() + "\n", "utf-8")
    print(name, environment)


def _number(line: str) -> bool:
    return line.strip().rstrip(",").lstrip("-").replace(".", "").isdigit() or line.strip() in ("]", "],")
