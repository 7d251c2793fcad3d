"""Passages on their way from files into the workspace, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from sqlite_utils import Database

from rerank_core.corpus.additions import passages_by_form
from rerank_core.corpus.importing.options import ImportOptions
from rerank_core.corpus.importing.topics import Topics
from rerank_core.corpus.lengths import Lengths
from rerank_core.corpus.report import Counted
from rerank_core.corpus.survey.sources import Sources, doc_batches, estimate_passages, read_passages
from rerank_core.errors import BadInputError
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Progress


@dataclass(slots=True)
class PassageImport:
    """The passages of one import, and what is noticed about them.

    `count`: stored by now. `same`, `conflicting`: ids that came again, with the same text and with another one.
    `empty`: stored without any text. `hashes`: docid -> hash of its text, of graded passages.
    """

    workspace: Workspace
    dataset_id: int
    topics: Topics
    count: int = 0
    same: int = 0
    empty: int = 0
    conflicting: Counted = field(default_factory=Counted)
    hashes: dict[str, str] = field(default_factory=dict)
    lengths: Lengths = field(default_factory=Lengths)

    def load(self, sources: Sources, options: ImportOptions, progress: Progress) -> None:
        """Stream all passages in. Raises BadInputError, also where there are none."""
        size, overlap = options.chunk_words, options.overlap_words
        expected = sum(estimate_passages(path, size, overlap) for path in sources.passages)
        judged = self.topics.docids()
        left_out = sources.not_a_passage
        streams = (read_passages(path, sources.columns_of(path), size, overlap, left_out) for path in sources.passages)
        read = 0
        for batch in doc_batches(chain.from_iterable(streams)):
            with self.workspace.write() as db:
                fresh = self._without_repeats(db, batch)
                datasets.add_docs(db, self.dataset_id, fresh)
            self.hashes.update((doc.docid, doc.text_hash) for doc in fresh if doc.docid in judged)
            self.count += len(fresh)
            self.empty += sum(not doc.text.strip() for doc in fresh)
            self.lengths.add([doc.content for doc in fresh])
            read += len(batch)
            progress(read, max(read, expected), f"{self.count:,} passages")
        if not self.count:
            raise BadInputError(sources.passages[0], None, "there are no passages", "at least one")

    def meet_other_forms(self) -> tuple[str, ...]:
        """Give grades to passages whose ids are theirs but for the Unicode form; the ids as they were graded."""
        with self.workspace.open() as db:
            names = passages_by_form(
                db, self.dataset_id, (docid for docid in self.topics.docids() if docid not in self.hashes)
            )
            self.topics.rename_docs(names)
            self.hashes.update(datasets.text_hashes(db, self.dataset_id, list(names.values())))
        return tuple(names)

    def _without_repeats(self, db: Database, batch: list[Doc]) -> list[Doc]:
        own: dict[str, list[Doc]] = {}
        for doc in batch:
            own.setdefault(doc.docid, []).append(doc)
        for before in datasets.walk_docs(db, self.dataset_id, list(own)):
            self._count_repeats(before, own.pop(before.docid))
        for first, *others in own.values():
            self._count_repeats(first, others)
        return [docs[0] for docs in own.values()]

    def _count_repeats(self, before: Doc, docs: Iterable[Doc]) -> None:
        for doc in docs:
            if before == doc:
                self.same += 1
            else:
                self.conflicting.add([doc.docid])
