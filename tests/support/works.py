"""The works that are killed and that meet a full disk: each takes its report of progress and a workspace's path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rerank_core.corpus.changes import remove_passages, update_passages
from rerank_core.corpus.ingest import import_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import pipeline
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index import build_or_load
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress, text_hash

Work = Callable[..., object]
SETTINGS = {name: RetrievalSettings(retrievers=(name,), depth=10, language="en") for name in ("bm25", "dense")}
RUN_DEPTH = 40
SYSTEMS = ["first-stage", "minilm-cosine"]


class CountedScorer(Scorer):
    """A made-up model, three texts at a time: each pair that it is asked about is a line in the file `asked`."""

    chunk = 3

    def __init__(self, asked: Path) -> None:
        self._asked = asked

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        with self._asked.open("a", encoding="utf-8") as file:
            file.writelines(f"{text_hash(query)} {text_hash(text)}\n" for text in texts)
        return [float(len(set(query) & set(text))) for text in texts]


class LetterCounter:
    """An encoder without a model: how often each letter stands in a text, as a unit vector."""

    key = "letter-counter"
    batch_size = 64
    note = ""

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text: str) -> np.ndarray:
        found = np.bincount(np.frombuffer(text.lower().encode(), dtype=np.uint8), minlength=128)[:128]
        counts = found.astype(np.float32)
        return counts / (np.linalg.norm(counts) or 1)


def opened(progress: Progress, path: str) -> None:
    """The opening of a workspace, which brings an older one up to date."""
    with Workspace(path).open():
        progress(1, 1)


def grade(progress: Progress, path: str, client: str, count: str) -> None:
    """Grades in their order, each acknowledged once it is committed: its number lies in the file beside."""
    space = Workspace(path)
    for seq in range(1, int(count) + 1):
        event = GradeEvent(client, seq, "grade", f"q{seq % 12}", f"d{seq % 300}", seq % 4)
        with space.write() as db:
            dataset = datasets.get_dataset(db, "made")
            judgments.record(db, dataset.id, "ann", [event], dataset.scale)
        progress(seq, 0)


def indexed(path: str, retriever: str, progress: Progress) -> HybridRetriever:
    """The index of one retriever, built where it is missing."""
    space = Workspace(path)
    with space.open() as db:
        dataset = datasets.get_dataset(db, "made")
    corpus, encoder = StoredCorpus(space, dataset), LetterCounter() if retriever == "dense" else None
    return build_or_load(
        space.index_folder,
        corpus,
        dataset.fingerprint,
        SETTINGS[retriever],
        StoredVectors(space),
        progress,
        encoder,
    )


def index(progress: Progress, path: str, retriever: str) -> None:
    """An index build."""
    indexed(path, retriever, progress)


def import_(progress: Progress, path: str, source: str, name: str) -> None:
    """An import."""
    import_dataset(Workspace(path), name, Path(source), progress=progress)


def update(progress: Progress, path: str, source: str) -> None:
    """An update of passages."""
    update_passages(Workspace(path), "made", Path(source), progress=progress)


def remove(progress: Progress, path: str, source: str) -> None:
    """A removal of passages."""
    remove_passages(Workspace(path), "made", Path(source), progress=progress)


def experiment(space: Workspace) -> Experiment:
    """What the whole-set run is over."""
    return Experiment.of(space, "made", SYSTEMS, settings=SETTINGS["bm25"], depth=RUN_DEPTH)


def run(progress: Progress, path: str) -> dict[str, int]:
    """A whole-set run, with a made-up model in the place of MiniLM; what it is asked is told in `asked.txt` beside."""
    space = Workspace(path)
    wanted = experiment(space)
    with space.open() as db:
        queries = datasets.get_queries(db, wanted.dataset.id)
    scorer = CountedScorer(space.path.with_name("asked.txt"))
    pipeline.load = lambda model, *_, **__: None if model.family == "first-stage" else scorer
    return pipeline.Pipeline(space).run(wanted, queries, progress)


WORKS: dict[str, Work] = {
    "open": opened,
    "grade": grade,
    "index": index,
    "import": import_,
    "update": update,
    "remove": remove,
    "run": run,
}
