"""Adding, replacing and removing passages of a dataset that is there already: all of a change, or nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from rerank_core.corpus.formats.encoding import noting_windows_1252
from rerank_core.corpus.formats.lines import read_lines
from rerank_core.corpus.full_disk import explained
from rerank_core.corpus.importing.options import DEFAULTS, ImportOptions
from rerank_core.corpus.lengths import Lengths
from rerank_core.corpus.report import ChangeReport, Counted, ImportReport, Listed, NotRead
from rerank_core.corpus.survey.sources import doc_batches, estimate_passages, find_sources, is_text, read_passages
from rerank_core.errors import BadInputError
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.doc_changes import DocChanges
from rerank_core.store.engine_sources import get_source
from rerank_core.store.file_lock import alone
from rerank_core.store.workspace import Workspace, transaction
from rerank_core.text import count_units
from rerank_core.types import Judgment, Progress, no_progress

__all__ = ["ChangeReport", "PassageChange", "change_passages", "remove_passages", "update_passages"]

_IDS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class PassageChange:
    """What to do with a dataset's passages.

    `source`: a file or folder, as for an import, whose passages are added or replace those with their ids; of a folder
    with queries and grades the passages alone are read. `remove`: ids; `remove_file`: a file with one id per line.
    `only_these`: remove every passage that is not in `source`. `options`: how `source` is read; those of the queries
    and grades play no part. `preview`: report, and change nothing. `fingerprint`: change only what still is as it was
    under this one ("": whatever is there).
    """

    source: Path | None = None
    remove: Sequence[str] = ()
    remove_file: Path | None = None
    only_these: bool = False
    options: ImportOptions = DEFAULTS
    preview: bool = False
    fingerprint: str = ""


def update_passages(
    workspace: Workspace,
    dataset: str,
    source: Path,
    options: ImportOptions = DEFAULTS,
    progress: Progress = no_progress,
) -> ChangeReport:
    """Add the passages of a file or folder that are new, replace those that differ; see `change_passages`."""
    return change_passages(workspace, dataset, PassageChange(source, options=options), progress)


def remove_passages(
    workspace: Workspace, dataset: str, docids: Sequence[str] | Path, progress: Progress = no_progress
) -> ChangeReport:
    """Remove passages by their ids, or by a file with one id per line; see `change_passages`."""
    if isinstance(docids, Path):
        return change_passages(workspace, dataset, PassageChange(remove_file=docids), progress)
    return change_passages(workspace, dataset, PassageChange(remove=tuple(docids)), progress)


def change_passages(
    workspace: Workspace, dataset: str, change: PassageChange, progress: Progress = no_progress
) -> ChangeReport:
    """Make a change of a dataset's passages and report it; all of it, or nothing where anything raises.

    Passages are streamed to a temporary place on the disk and put into the dataset in one transaction at the end.
    Where a text file comes again in fewer pieces, or with other names, those that it no longer has are removed. Grades
    are never touched. A replaced passage keeps its place; the fingerprint changes exactly when a passage does, and is
    the old one when the passages are. Imports and changes wait for each other. `progress` counts passages against an
    estimate and is never called inside a transaction. Raises NotFoundError, BadInputError (also for an id that is to
    be both replaced and removed, and where no passage would be left), and whatever `progress` raises.
    """
    started = time.monotonic()
    with explained(workspace), alone(workspace, progress), workspace.open() as db:
        row = datasets.get_dataset(db, dataset)
        if get_source(db, row.id) is not None:
            problem = "its passages lie in a search engine"
            raise BadInputError(f"dataset '{row.name}'", None, problem, "a refresh, which asks the engine again")
        changes = DocChanges(db, row.id)
        gathered = _Gathered(row, changes)
        with noting_windows_1252() as windows_1252:
            gathered.gather(change, progress)
        encoded = tuple(sorted(path.name for path in windows_1252))
        report = replace(gathered.report(judgments.in_force(db, row.id)), windows_1252=encoded)
        if not report.passages:
            raise BadInputError(f"dataset '{row.name}'", None, "no passage would be left", "at least one that stays")
        # where it is done already, such as by a worker that was killed just then, there is nothing to refuse
        if report.changes and change.fingerprint not in ("", row.fingerprint):
            problem = "its passages changed since the change was prepared"
            raise BadInputError(f"dataset '{row.name}'", None, problem, "a new look at what would change")
        if change.preview or not report.changes:
            now = "" if change.preview else row.fingerprint
            return replace(report, preview=change.preview, fingerprint_now=now, seconds=_since(started))
        about = gathered.import_report(progress)
        progress(gathered.read, gathered.read, "changing the passages")
        with transaction(db):
            changes.apply()
            judged = sorted({label.docid for label in judgments.in_force(db, row.id)})
            there = datasets.text_hashes(db, row.id, judged)
            if about is not None:
                about = replace(about, docs_without_text=Listed.of(docid for docid in judged if docid not in there))
            datasets.count_docs(db, row.id, about.to_dict() if about is not None else row.report)
        now = datasets.get_dataset(db, dataset).fingerprint
    return replace(report, fingerprint_now=now, seconds=_since(started))


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


@dataclass(slots=True)
class _Gathered:
    """A change on its way, and what is noticed about it."""

    dataset: DatasetRow
    changes: DocChanges
    read: int = 0
    same: int = 0
    empty: int = 0
    old_pieces: int = 0
    conflicting: Counted = field(default_factory=Counted)
    unknown: list[str] = field(default_factory=list)
    not_read: tuple[NotRead, ...] = ()
    lengths: Lengths = field(default_factory=Lengths)

    def gather(self, change: PassageChange, progress: Progress) -> None:
        """Read all that is to be changed. Raises BadInputError, also where there is nothing."""
        self._remove(change, progress)
        if change.source is not None:
            self._put(change.source, change.options, progress)
            self.old_pieces = self.changes.remove_old_pieces()
            if change.only_these:
                self.changes.remove_missing()

    def _remove(self, change: PassageChange, progress: Progress) -> None:
        if change.remove_file is None and not change.remove and change.source is None:
            raise BadInputError("change", None, "there is nothing to change", "passages, or ids to remove")
        ids = chain(change.remove, _ids_in(change.remove_file))
        asked = 0
        while part := list(islice(ids, _IDS_AT_ONCE)):
            # an id may begin or end with a space: only where there is none such is it taken without
            self.unknown += self.changes.remove([docid.strip() for docid in self.changes.remove(part)])
            asked += len(part)
            progress(asked, 0, f"{asked:,} ids to remove")
        if change.remove_file is not None and not asked:
            raise BadInputError(change.remove_file, None, "there are no ids in the file", "one id per line")

    def _put(self, source: Path, options: ImportOptions, progress: Progress) -> None:
        sources = find_sources(source, options.choices)
        beside = [*sources.queries, *(path for paths in sources.qrels.values() for path in paths)]
        named = tuple(path.name for path in beside)
        alone = NotRead("queries or grades", "a change reads passages alone", len(named), named)
        self.not_read = (*sources.not_read, alone) if named else sources.not_read
        paths, size, overlap = sources.passages, options.chunk_words, options.overlap_words
        left_out = sources.not_a_passage
        expected = sum(estimate_passages(path, size, overlap) for path in paths)
        for path in paths:
            from_text = is_text(path)
            for batch in doc_batches(read_passages(path, sources.columns_of(path), size, overlap, left_out)):
                taken = self.changes.put(batch, from_text)
                if taken.refused:
                    problem = f"the passage {taken.refused[0]!r} is here, and among the ids to remove"
                    raise BadInputError(path, None, problem, "one or the other")
                self.same += taken.same
                self.conflicting.add(taken.conflicting)
                self.empty += sum(not doc.text.strip() for doc in taken.new)
                self.lengths.add([doc.content for doc in taken.new])
                self.read += len(batch)
                progress(self.read, max(self.read, expected), f"{self.read:,} passages")
        if not self.read:
            raise BadInputError(paths[0], None, "there are no passages", "at least one")

    def report(self, labels: Sequence[Judgment]) -> ChangeReport:
        """The counts; `labels`: the grades in force."""
        kinds = self.changes.counts()
        touched = self.changes.among(list({label.docid for label in labels}))
        graded = [(label, *touched[label.docid]) for label in labels if label.docid in touched]
        return ChangeReport(
            added=kinds.get("added", 0),
            replaced=kinds.get("replaced", 0),
            unchanged=kinds.get("same", 0),
            removed=kinds.get("removed", 0),
            old_pieces=self.old_pieces,
            passages=self.dataset.n_docs + kinds.get("added", 0) - kinds.get("removed", 0),
            unknown=Listed.of(dict.fromkeys(self.unknown)),
            same_docs=self.same,
            conflicting_docs=self.conflicting.listed,
            empty_texts=self.empty,
            stale_grades=sum(judgments.is_stale(label.text_hash, text or None) for label, _, text in graded),
            orphaned_grades=sum(kind == "removed" for _, kind, _ in graded),
            returned_grades=sum(kind == "added" for _, kind, _ in graded),
            fingerprint=self.dataset.fingerprint,
            not_read=self.not_read,
        )

    def import_report(self, progress: Progress) -> ImportReport | None:
        """The dataset's own report as it will be; None where it has none."""
        if not self.dataset.report.get("words"):
            return None
        before, gone, empty = ImportReport.from_dict(self.dataset.report), Lengths(), 0
        for docs in self.changes.going():
            gone.add([doc.content for doc in docs])
            empty += sum(not doc.text.strip() for doc in docs)
        longest = before.longest
        if gone.longest >= longest:
            progress(self.read, self.read, "looking for the longest passage")
            longest = max((count_units(text) for texts in self.changes.staying() for text in texts), default=0)
        kinds = self.changes.counts()
        # earlier versions counted words without spaces in another way: no bin holds fewer than none
        words = {
            name: max(0, before.words.get(name, 0) + now - gone.words[name]) for name, now in self.lengths.words.items()
        }
        return replace(
            before,
            passages=self.dataset.n_docs + kinds.get("added", 0) - kinds.get("removed", 0),
            words=words,
            longest=max(longest, self.lengths.longest),
            over_512=before.over_512 + self.lengths.over - gone.over,
            empty_texts=before.empty_texts + self.empty - empty,
        )


def _ids_in(path: Path | None) -> Iterator[str]:
    """The lines that are not blank, without their ends."""
    lines: Iterable[tuple[int, str]] = read_lines(path) if path is not None else ()
    yield from (line.rstrip("\r\n") for _, line in lines if line.strip())
