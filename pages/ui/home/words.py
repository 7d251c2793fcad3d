"""Facts of a dataset and of the machine in words that need no knowledge of files and devices."""

from __future__ import annotations

import re
from pathlib import PurePath

from pages.ui.server.first_use import DEMO_FOLDER
from rerank_core.store.datasets import DatasetRow
from rerank_core.text import shortened

LONGEST = 40  # characters of a file's name
_UPLOADS = re.compile(r"\.uploads[/\\]")


def facts_of(row: DatasetRow) -> str:
    """How much there is of a dataset, on which scale it is graded, where it is from and since when it is here."""
    imported = row.report.get("judgments", 0)
    facts = [
        counted(row.n_docs, "passage", "passages"),
        counted(row.n_queries, "query", "queries"),
        counted(imported, "grade imported", "grades imported") if imported else "no grades imported",
        f"scale {min(row.scale)}–{max(row.scale)}",
        f"from {origin(row.source)}",
        row.created_at[:10],
    ]
    return " · ".join(facts)


def counted(number: int, one: str, several: str) -> str:
    """As in "1 query" and "2,341 queries"."""
    return f"{number:,} {one if number == 1 else several}"


def origin(source: str) -> str:
    """Where a dataset is from: the name of its file or folder; no path of the server."""
    if source == str(DEMO_FOLDER) or PurePath(source).parts[-2:] == ("data", "demo"):
        return "the bundled demo"
    name = PurePath(source.replace("\\", "/")).name
    if not _UPLOADS.search(source):
        return shortened(name, LONGEST) or "files"
    # an upload's folder has a drawn name
    return "an upload" if PurePath(source).suffix == "" else f"an upload, {shortened(name, LONGEST)}"


def device_sentence(device: str) -> str:
    """On what the models run, from the worker's words such as "cpu: 2 threads, 24 GiB"; "" while it is unknown."""
    if not device:
        return "What the models run on is shown once they have started."
    kind, more = re.match(r"(\w*)[:\s(]*(.*?)\)?$", device.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
    detail = f" ({more})" if more else ""
    if kind == "cpu":
        return f"Models run on this computer's CPU{detail}."
    return f"Models run on this computer's GPU: {device}."
