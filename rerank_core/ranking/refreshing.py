"""Asks a connected dataset's engine again what it was asked before, and says what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.ranking.elsewhere import Elsewhere
from rerank_core.retrieval.engines.first_stage import Pace, ask
from rerank_core.store import datasets, engine_sources, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.engine_answers import Answer, StoredAnswers, add_seen, put_answer
from rerank_core.store.workspace import Workspace, now
from rerank_core.types import Doc, Progress, no_progress

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found, over all answers: places in rankings, and passages.

    `answers`: how many were asked again. `new`, `gone`: places that a passage has now, or had. `moved`: those with
    another rank. `changed_texts`: passages whose text is another one; `changed`: the first of their ids.
    `stale_grades`: given to a text that is no longer the passage's. `applied`: whether the workspace has it now.
    """

    answers: int
    new: int
    gone: int
    moved: int
    changed_texts: int
    changed: tuple[str, ...] = ()
    stale_grades: int = 0
    applied: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything is different."""
        return bool(self.new or self.gone or self.moved or self.changed_texts)

    def sentence(self) -> str:
        """For people."""
        asked = f"Asked again: {self.answers:,} {'answer' if self.answers == 1 else 'answers'}."
        if not self.changes:
            return f"{asked} Nothing changed."
        parts = [
            f"{count:,} {what}"
            for count, what in (
                (self.new, "new in a ranking"),
                (self.gone, "gone from one"),
                (self.moved, "moved"),
                (self.changed_texts, "with another text"),
            )
            if count
        ]
        stale = f" Grades that are stale now: {self.stale_grades:,}." if self.stale_grades else ""
        return f"{asked} Passages: {', '.join(parts)}.{stale}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "changed": list(self.changed), "sentence": self.sentence()}


def refresh(
    workspace: Workspace, dataset: DatasetRow, progress: Progress = no_progress, preview: bool = False
) -> Refreshed:
    """Ask again all that was asked in this epoch. What changed is kept as a new epoch, all of it or nothing.

    Rankings of the old epoch count no longer: runs over them are stale, and are made again by the next run. Grades
    stay, and are stale where the text is another one. `preview`: say what changed, and keep nothing. Raises
    SettingsError where nothing is connected or was asked yet, or by a template that is not known, ProviderError where
    the engine fails, CancelledError where `progress` does; then everything is as before.

    >>> import rerank_core as rl
    >>> experiment = rl.connect(rl.Workspace(), "mine", rl.Source(lambda query, k: [("a", "the text")]), ["a query"])
    >>> rl.run(experiment, bar=False)
    {}
    >>> rl.refresh(experiment.workspace, experiment.dataset).sentence()
    'Asked again: 1 answer. Nothing changed.'
    """
    elsewhere = Elsewhere(workspace)
    connection = elsewhere.connection(dataset)
    before = StoredAnswers(workspace, dataset).all()
    if not before:
        raise SettingsError(f"Nothing of '{dataset.name}' was asked yet; rank something first.")
    templates = {template.name: template for template in connection.templates}
    if unknown := sorted({answer.template for answer in before} - set(templates)):
        raise SettingsError(f"'{dataset.name}' was asked by '{unknown[0]}', a template that is not known any more.")
    engine, encode = elsewhere.engine(connection.source), elsewhere.encode(connection.source)
    pace = Pace(connection.source.per_second)
    after: list[Answer] = []
    texts: dict[str, Doc] = {}
    try:
        for done, old in enumerate(before):
            progress(done, len(before), f"asking again: {old.query[:60]}")
            ranking, docs, request = ask(
                connection.source, engine, templates[old.template], old.query, old.k, encode, pace
            )
            # one docid is one text in an epoch: the first one that came
            fresh = [texts.setdefault(doc.docid, doc) for doc in docs]
            hashes = {doc.docid: doc.text_hash for doc in fresh}
            after.append(Answer(old.template, old.query, old.k, ranking, hashes, request, now()))
    finally:
        elsewhere.close()
    return _kept(workspace, dataset, before, after, texts, preview)


def _kept(
    workspace: Workspace,
    dataset: DatasetRow,
    before: list[Answer],
    after: list[Answer],
    texts: Mapping[str, Doc],
    preview: bool,
) -> Refreshed:
    with workspace.open() if preview else workspace.write() as db:
        datasets.refuse_changed(db, dataset)
        kept = datasets.get_docs(db, dataset.id, list(texts))
        # what is shown beside a passage may change without its text
        others = [doc for docid, doc in texts.items() if docid in kept and kept[docid] != doc]
        changed = [doc.docid for doc in others if kept[doc.docid].text_hash != doc.text_hash]
        graded = judgments.in_force(db, dataset.id) if changed else []
        stale = sum(
            judgments.is_stale(grade.text_hash, texts[grade.docid].text_hash)
            and not judgments.is_stale(grade.text_hash, kept[grade.docid].text_hash)
            for grade in graded
            if grade.docid in set(changed)
        )
        found = _compared(before, after, changed, stale, not preview)
        if preview:
            return found
        if found.changes or others:
            engine_sources.begin_epoch(db, dataset.id)
            datasets.replace_docs(db, dataset.id, others)
            add_seen(db, dataset.id, list(texts.values()))
            for answer in after:
                put_answer(db, dataset.id, answer)
        engine_sources.put_refresh(db, dataset.id, found.to_dict())
    return found


def _compared(before: list[Answer], after: list[Answer], changed: list[str], stale: int, applied: bool) -> Refreshed:
    new = gone = moved = 0
    for old, fresh in zip(before, after, strict=True):
        was = {doc.docid: doc.rank for doc in old.ranking.docs}
        is_now = {doc.docid: doc.rank for doc in fresh.ranking.docs}
        new += len(is_now.keys() - was.keys())
        gone += len(was.keys() - is_now.keys())
        moved += sum(was[docid] != rank for docid, rank in is_now.items() if docid in was)
    return Refreshed(len(before), new, gone, moved, len(changed), tuple(sorted(changed)[:SHOWN]), stale, applied)
