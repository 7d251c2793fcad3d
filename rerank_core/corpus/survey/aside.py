"""A look at files before their import, in a process of its own: whatever they hold, who asked goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.columns import Columns
from rerank_core.corpus.survey.choices import NO_CHOICES, Choices
from rerank_core.corpus.survey.preview import Preview, preview
from rerank_core.errors import BadInputError, RerankLensError

SECONDS = 60.0
"""So long may a look take."""
MEMORY = 4 * 2**30
"""So much address space may it take, where the system can bound it: what libraries reserve counts too."""


def look_aside(path: Path, choices: Choices = NO_CHOICES, needs_passages: bool = True) -> Preview:
    """As `preview.preview`, by a process that is ended after a minute and cannot take more than some memory.

    Raises BadInputError as `preview` does, and RerankLensError where the process ended without an answer.
    """
    asked = {"path": str(path), "choices": _plain(choices), "needs_passages": needs_passages}
    root = str(Path(__file__).resolve().parents[3])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "rerank_core.corpus.survey.aside"],
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RerankLensError("A look at the files takes too long. Choose fewer files, or a smaller folder.") from None
    if not done.stdout.strip():
        raise RerankLensError("The look at the files ended in the middle, perhaps for want of memory.")
    answer = json.loads(done.stdout.splitlines()[-1])
    if "problem" in answer:
        raise BadInputError(*answer["problem"])
    return Preview.from_dict(answer)


def _plain(choices: Choices) -> dict[str, Any]:
    columns = asdict(choices.columns)
    return {
        "fields": [columns[name] for name in ("id", "title", "text")],
        "parts": dict(choices.parts),
        "roles": {file: dict(roles) for file, roles in choices.roles.items()},
        "headers": dict(choices.headers),
        "elsewhere": [str(path) for path in choices.elsewhere],
    }


def _choices(plain: dict[str, Any]) -> Choices:
    elsewhere = tuple(map(Path, plain["elsewhere"]))
    return Choices(Columns(*plain["fields"]), plain["parts"], plain["roles"], plain["headers"], elsewhere)


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # a system without such bounds
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main() -> None:
    """Answer the question that stands on stdin with a line of JSON."""
    _bound_memory()
    asked = json.loads(sys.stdin.buffer.read())
    try:
        answer = preview(Path(asked["path"]), _choices(asked["choices"]), asked["needs_passages"]).to_dict()
    except BadInputError as error:
        answer = {"problem": [error.source, error.line, error.problem, error.expected]}
    except MemoryError:
        return
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


if __name__ == "__main__":
    main()
