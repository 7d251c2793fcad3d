"""Ranked datasets for the Label page, made without any model: two systems order the same passages in two ways."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings, scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

SETTINGS = RetrievalSettings(("bm25",), depth=50)
SYSTEMS = ("first-stage", "minilm-cosine")
ODD = {
    "script": (
        "<script>document.title='owned'</script>",
        "<img src=x onerror=alert(1)> <b>bold</b> & so on stay stays & so",
    ),
    "emoji": (
        "Café \u2615 \U0001f642",
        "A family \U0001f468\u200d\U0001f469\u200d\U0001f467, e\u0301, a\u200bb.",
    ),
    "rtl": ("החזר כספי", "האם ניתן לקבל החזר כספי לאחר ארבעה עשר יום? مرحبا بالعالم."),
    "long": ("One very long word", "x" * 10_000),
}
WORDS = ("refund", "order", "account", "invoice", "support", "device", "update", "policy", "customer", "payment")


def make_list(
    workspace: Workspace,
    name: str = "letters",
    queries: int = 4,
    passages: int = 12,
    grades: Sequence[scales.Grade] = scales.PRESETS["0 to 3"],
    overlap: float = 1.0,
    odd: bool = False,
) -> DatasetRow:
    """A dataset of `queries` questions with `passages` passages each, and a plan to grade them all.

    overlap 1: each judge grades everything, so that tests with a judge of their own do not disturb each other. odd:
    some passages that are hard to show.
    """
    rng = random.Random(5)
    asked = [Query(f"q{n}", f"{name}: {rng.choice(WORDS)} {n}", f"What is wanted: {n}") for n in range(queries)]
    docs = {query.qid: [_passage(f"{query.qid}-d{n}", rng) for n in range(passages)] for query in asked}
    if odd:
        docs["q0"] += [Doc(docid, text, title) for docid, (title, text) in ODD.items()]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, name, "tests")
        datasets.add_docs(db, dataset_id, [doc for own in docs.values() for doc in own])
        datasets.add_queries(db, dataset_id, asked)
        datasets.finish_dataset(db, dataset_id, {})
        scales.set_scale(db, dataset_id, grades)
        dataset = datasets.get_dataset(db, name)
    keys = [get_system(workspace, system).key for system in SYSTEMS]
    with workspace.write() as db:
        for query in asked:
            found = [doc.docid for doc in docs[query.qid]]
            key = candidates_key(dataset.fingerprint, SETTINGS.key(), query.text)
            rankings.put_candidates(db, key, dataset.id, SETTINGS.to_json(), _ranking(query.qid, "first-stage", found))
            for system, order in zip(keys, (found, found[::-1]), strict=True):
                rankings.put_ranking(db, key, system, _ranking(query.qid, system, order))
    save_plan(workspace, dataset, LabelPlan(SYSTEMS, SETTINGS.to_json(), depth=50, overlap=overlap))
    return dataset


def rows(workspace: Workspace, name: str = "letters", judge: str = "") -> list[dict]:
    """Every row of the history, oldest first; of one judge where he is named."""
    with workspace.open() as db:
        found = judgments.history(db, datasets.get_dataset(db, name).id)
    return [row for row in found if not judge or row["judge"] == judge]


def _passage(docid: str, rng: random.Random) -> Doc:
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(30, 90)))
    return Doc(docid, f"{text.capitalize()}.", f"About {rng.choice(WORDS)}, {docid}")


def _ranking(qid: str, system: str, docids: Sequence[str]) -> Ranking:
    return Ranking(qid, system, tuple(ScoredDoc(docid, 1 / rank, rank) for rank, docid in enumerate(docids, 1)), 0.01)
