"""Bringing files into the workspace: a whole dataset, or nothing of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from rerank_core.corpus.additions import (
    import_judgments,
    import_queries,
    import_run,
    own_passages,
    passages_by_form,
    to_judgments,
)
from rerank_core.corpus.formats.chunking import check_chunking
from rerank_core.corpus.formats.record import Columns, as_name
from rerank_core.corpus.formats.regular import resolved
from rerank_core.corpus.formats.trec import LARGEST_GRADE
from rerank_core.corpus.full_disk import explained, spare_room
from rerank_core.corpus.lengths import Lengths
from rerank_core.corpus.report import ImportReport, Listed, NotRead
from rerank_core.corpus.survey.look import group_unread, look_at
from rerank_core.corpus.survey.names import PARTS, Part, split_name
from rerank_core.corpus.survey.sources import Sources, doc_batches, estimate_passages, find_sources, read_passages
from rerank_core.corpus.topics import Topics, scale_for
from rerank_core.errors import BadInputError, CancelledError, SettingsError, printable
from rerank_core.store import datasets, judgments
from rerank_core.store.file_lock import alone
from rerank_core.store.workspace import Workspace, transaction
from rerank_core.types import Doc, Progress, no_progress

__all__ = [
    "ImportOptions",
    "ImportReport",
    "Sources",
    "import_dataset",
    "import_judgments",
    "import_queries",
    "import_run",
]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import; plain JSON values.

    `split`: whose judgments to take from a BEIR folder; None: 'test' where there is one, else all of them.
    `all_queries`: also the queries of a BEIR folder that have no judgment in these splits. `queries`, `qrels`: paths
    of files to read instead of those that lie in the source. `id_field`, `title_field`, `text_field`: names of the
    passages' fields in JSONL, tables and Parquet; None: the usual ones. `parts`: file (its path, its path below the
    source, or its name) -> the part it plays (`corpus.names.PARTS`), where the guess is wrong. `chunk_words`,
    `overlap_words`: how .txt and .md files are cut (0: not at all). `max_grade`: the scale's highest grade; None: the
    highest in the judgments, and 3 without any. Raises SettingsError.

    >>> import rerank_core as rl
    >>> options = rl.ImportOptions(text_field="text", all_queries=True)
    >>> rl.import_dataset(rl.Workspace(), "all birds", "birds", options).queries
    2
    """

    split: str | None = None
    all_queries: bool = False
    queries: str | None = None
    qrels: str | None = None
    id_field: str | None = None
    title_field: str | None = None
    text_field: str | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    chunk_words: int = 200
    overlap_words: int = 40
    max_grade: int | None = None

    def __post_init__(self) -> None:
        check_chunking(self.chunk_words, self.overlap_words)
        for name, part in self.parts.items():
            if part not in PARTS:
                raise SettingsError(f"'{part}' is no part for {name}; there are {', '.join(PARTS)}.")
        if self.max_grade is not None and not 1 <= self.max_grade <= LARGEST_GRADE:
            raise SettingsError(f"max_grade is {self.max_grade}; it must lie between 1 and {LARGEST_GRADE}.")

    @property
    def columns(self) -> Columns:
        """The names of the fields."""
        return Columns(self.id_field, self.title_field, self.text_field)


DEFAULTS = ImportOptions()


def import_dataset(
    workspace: Workspace,
    name: str,
    source: str | Path | Sources,
    options: ImportOptions = DEFAULTS,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import a file, a folder, or the files that `source` names, as a dataset; return what was found.

    Passages are streamed, 2,000 a transaction, and nobody sees the dataset before it is whole. On any error, and when
    `progress` raises, nothing of it stays; an import that was killed is cleared away by the next one. One import runs
    at a time in a workspace, others wait. `progress` counts passages against an estimate and is never called inside a
    transaction. Raises BadInputError, SettingsError, and whatever `progress` raises.

    >>> import rerank_core as rl
    >>> report = rl.import_dataset(rl.Workspace(), "seabirds", "birds")  # here a BEIR folder
    >>> report.passages, report.queries, report.judgments
    (4, 2, 4)
    """
    source = Path(source) if isinstance(source, str) else source
    started = time.monotonic()
    name = as_name(name, "dataset name")
    with explained(workspace), alone(workspace, progress), spare_room(workspace) as spare:
        drop_leftovers(workspace)
        progress(0, 0, "reading queries and judgments")
        found = find_sources(source, options.columns, _parts(source, options)) if isinstance(source, Path) else source
        sources = _with_options(found, options)
        topics, left_out = _read_topics(sources, options)
        label = printable(str(source if isinstance(source, Path) else sources.passages[0]))
        with workspace.write() as db:
            dataset_id = datasets.begin_dataset(db, name, label, _scale(topics, options))
        try:
            passages = _Passages(workspace, dataset_id, topics)
            passages.load(sources, options, progress)
            met = passages.meet_other_forms()
            progress(passages.count, passages.count, "storing queries and judgments")
            with workspace.open() as db:
                own = own_passages(db, dataset_id, topics.queries.values())
            report = _report(sources, topics, left_out, passages, own, time.monotonic() - started)
            report = replace(report, met_by_form=Listed.of(met))
            with workspace.write() as db:
                datasets.add_queries(db, dataset_id, topics.queries.values())
                judgments.import_judgments(db, dataset_id, to_judgments(topics.rows, passages.hashes))
                datasets.finish_dataset(db, dataset_id, report.to_dict())
        except BaseException:
            spare.release()
            with suppress(sqlite3.Error), workspace.open() as db:  # what is left then, the next import removes
                _drop_in_steps(db, dataset_id)
            raise
    return report


def _with_options(sources: Sources, options: ImportOptions) -> Sources:
    """The sources with the queries, grades and split that the options name, and what is not read because of them."""
    not_read = list(sources.not_read)
    if options.queries:
        chosen = Path(options.queries)
        not_read += _instead(sources.queries, chosen, "queries")
        sources = replace(sources, queries=(chosen,))
    if options.qrels:
        chosen = Path(options.qrels)
        not_read += _instead((path for paths in sources.qrels.values() for path in paths), chosen, "grades")
        return replace(sources, qrels={split_name(chosen): (chosen,)}, not_read=tuple(not_read))
    if options.split is not None and options.split not in sources.qrels:
        there = ", ".join(sources.qrels) or "none"
        problem = f"there are no judgments for the split '{options.split}'"
        raise BadInputError(sources.passages[0].parent, None, problem, f"one of the splits that are there: {there}")
    split = options.split or ("test" if sources.by_split and "test" in sources.qrels else None)
    if split is not None:
        others = tuple(path.name for name, paths in sources.qrels.items() if name != split for path in paths)
        if others:
            not_read.append(NotRead("grades", f"the grades of the split '{split}' are taken", len(others), others))
        sources = replace(sources, qrels={split: sources.qrels[split]})
    return replace(sources, not_read=tuple(not_read))


def _parts(source: Path, options: ImportOptions) -> dict[str, Part]:
    """The parts as the options say, those of `queries` and `qrels` included where they lie in the source."""
    parts = dict(options.parts)
    named: tuple[tuple[str | None, Part], ...] = ((options.queries, "queries"), (options.qrels, "grades"))
    root = resolved(source)
    for name, part in named:
        path = resolved(Path(name)) if name else root
        if path != root and path.is_relative_to(root):
            parts[path.relative_to(root).as_posix()] = part
    return parts


def _instead(there: Iterable[Path], chosen: Path, what: Part) -> tuple[NotRead, ...]:
    """What is not read since a file was named instead, and the columns of that file that are not."""
    files = tuple(there)
    left = tuple(path.name for path in files if resolved(path) != resolved(chosen))
    columns = group_unread([look_at(chosen, part=what)]) if len(left) == len(files) else ()
    return (NotRead(what, f"{chosen.name} is read for the {what}", len(left), left), *columns) if left else columns


def _read_topics(sources: Sources, options: ImportOptions) -> tuple[Topics, int]:
    topics = Topics()
    for path in sources.queries:
        topics.add_queries(path)
    for split, paths in sources.qrels.items():
        for path in paths:
            topics.add_grades(path, as_name(f"qrels:{split}", "judge"))
    left_out = topics.keep_judged() if sources.by_split and not options.all_queries else 0
    if options.max_grade is not None:
        topics.refuse_above(options.max_grade)
    return topics, left_out


def _scale(topics: Topics, options: ImportOptions) -> dict[int, str] | None:
    return scale_for(topics.grades(), options.max_grade)


@dataclass(slots=True)
class _Passages:
    """Passages on their way into the workspace, and what is noticed about them."""

    workspace: Workspace
    dataset_id: int
    topics: Topics
    count: int = 0
    same: int = 0
    empty: int = 0
    conflicting: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    lengths: Lengths = field(default_factory=Lengths)

    def load(self, sources: Sources, options: ImportOptions, progress: Progress) -> None:
        """Stream all passages in. Raises BadInputError, also where there are none."""
        size, overlap = options.chunk_words, options.overlap_words
        expected = sum(estimate_passages(path, size, overlap) for path in sources.passages)
        judged = self.topics.docids()
        left_out = sources.not_a_passage
        streams = (read_passages(path, options.columns, size, overlap, left_out) for path in sources.passages)
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
        there = datasets.get_docs(db, self.dataset_id, list({doc.docid for doc in batch}))
        fresh = []
        for doc in batch:
            before = there.setdefault(doc.docid, doc)
            if before is doc:
                fresh.append(doc)
            elif before == doc:
                self.same += 1
            else:
                self.conflicting.append(doc.docid)
        return fresh


def _report(
    sources: Sources, topics: Topics, left_out: int, passages: _Passages, own: tuple[int, int], seconds: float
) -> ImportReport:
    grades = tuple(path for paths in sources.qrels.values() for path in paths)
    files = {"passages": sources.passages, "queries": sources.queries, "judgments": grades}
    return ImportReport(
        passages=passages.count,
        queries=len(topics.queries),
        judgments=len(topics.pairs),
        files={role: tuple(_name(path, sources.root) for path in paths) for role, paths in files.items()},
        splits=tuple(sources.qrels),
        queries_left_out=left_out,
        same_docs=passages.same,
        conflicting_docs=Listed.of(passages.conflicting),
        empty_texts=passages.empty,
        same_queries=topics.same_queries,
        conflicting_queries=Listed.of(topics.conflicting_queries),
        same_judgments=topics.same_judgments,
        conflicting_judgments=topics.conflicting_judgments,
        ungraded=topics.ungraded,
        docs_without_text=Listed.of(docid for docid in topics.docids() if docid not in passages.hashes),
        queries_without_judgments=topics.unjudged_queries(),
        judgments_of_unknown_queries=Listed.of(topics.unknown_qids()),
        queries_with_passage_ids=own[0],
        queries_as_passages=own[1],
        grades=topics.grades(),
        words=passages.lengths.words,
        longest=passages.lengths.longest,
        over_512=passages.lengths.over,
        queries_met_by_form=Listed.of(topics.met_qids),
        not_read=sources.not_read,
        seconds=round(seconds, 3),
    )


def _name(path: Path, root: Path | None) -> str:
    """The file's path below the folder that is imported; its name where it lies elsewhere, or is that folder."""
    below = root is not None and path != root and path.is_relative_to(root)
    return path.relative_to(root).as_posix() if root is not None and below else path.name


def clear_leftovers(workspace: Workspace) -> None:
    """Remove what a killed import left half done. Raises CancelledError while another import runs."""
    with alone(workspace, _wait_for_nobody):
        drop_leftovers(workspace)


def _wait_for_nobody(done: int, total: int, message: str = "") -> None:
    raise CancelledError("another import is running")


def drop_leftovers(workspace: Workspace) -> None:
    """Remove datasets that a killed import left half done: to be called by who holds the lock of imports."""
    with workspace.open() as db:
        left = [row[0] for row in db.execute("SELECT id FROM dataset WHERE state = 'importing'").fetchall()]
        for dataset_id in left:
            _drop_in_steps(db, dataset_id)


def _drop_in_steps(db: Database, dataset_id: int) -> None:
    """Remove a dataset that nobody sees, a part at a time, so that others can write and a full disk suffices."""
    part = "SELECT id FROM doc WHERE dataset_id = ? LIMIT 500"
    while True:
        with transaction(db):
            removed = db.execute(f"DELETE FROM doc WHERE id IN ({part})", [dataset_id]).rowcount
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if not removed:
            break
    with transaction(db):
        datasets.drop_dataset(db, dataset_id)
