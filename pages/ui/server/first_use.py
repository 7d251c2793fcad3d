"""The demo dataset, for a workspace that has no dataset yet."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.retrieval.language import found_by
from rerank_core.store import datasets, jobs
from rerank_core.store.shipped_vectors import keep_shipped
from rerank_core.store.workspace import Workspace

DEMO = "demo"
_DATA = Path(__file__).resolve().parents[3] / "data"
DEMO_FOLDER, DEMO_VECTORS = _DATA / "demo", _DATA / "vectors" / "demo.npz"
DEMO_LANGUAGE = "en"
"""What is found where it is looked for: nobody waits for that at the first start."""
_ALONE = Lock()


def is_first_use(space: Workspace) -> bool:
    """Whether the demo is still to come: nothing else is there or on its way, or it is being brought just now."""
    return _ALONE.locked() or _is_empty(space)


def bring_demo(space: Workspace) -> None:
    """Import the demo, with vectors and language, where `is_first_use`; of many that ask one does it, others wait."""
    with _ALONE:
        if _is_empty(space):
            import_dataset(space, DEMO, DEMO_FOLDER, ImportOptions())
            keep_shipped(space, DEMO_VECTORS)
            with space.open() as db:
                demo = datasets.get_dataset(db, DEMO)
            datasets.StoredCorpus(space, demo).keep_language(found_by(), DEMO_LANGUAGE)


def _is_empty(space: Workspace) -> bool:
    with space.open() as db:
        return not (datasets.list_datasets(db) or datasets.unreadable_datasets(db) or jobs.open_jobs(db, "import"))
