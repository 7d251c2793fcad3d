"""Bringing files into the workspace: a whole dataset, or nothing of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rerank_core.corpus.additions import (
    import_judgments,
    import_queries,
    import_run,
    own_passages,
    to_judgments,
)
from rerank_core.corpus.formats.encoding import noting_windows_1252
from rerank_core.corpus.formats.own_export import find_about, read_history
from rerank_core.corpus.formats.record import as_name
from rerank_core.corpus.formats.regular import resolved
from rerank_core.corpus.full_disk import explained, spare_room
from rerank_core.corpus.importing.leftovers import drop_in_steps, drop_leftovers
from rerank_core.corpus.importing.options import DEFAULTS, ImportOptions
from rerank_core.corpus.importing.passages import PassageImport
from rerank_core.corpus.importing.topics import Topics, scale_for
from rerank_core.corpus.report import ImportReport, Listed, NotRead, first_texts
from rerank_core.corpus.survey.look import group_unread, look_at
from rerank_core.corpus.survey.names import Part, split_name
from rerank_core.corpus.survey.sources import Sources, find_sources
from rerank_core.errors import BadInputError, printable
from rerank_core.store import datasets, judgments
from rerank_core.store.file_lock import alone
from rerank_core.store.judgment_history import restore_history
from rerank_core.store.scales import set_scale
from rerank_core.store.uploads import shown_source
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress, no_progress

__all__ = [
    "ImportOptions",
    "ImportReport",
    "Sources",
    "import_dataset",
    "import_judgments",
    "import_queries",
    "import_run",
]


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
    with (
        explained(workspace),
        alone(workspace, progress),
        spare_room(workspace) as spare,
        noting_windows_1252() as windows_1252,
    ):
        drop_leftovers(workspace)
        progress(0, 0, "reading queries and judgments")
        if isinstance(source, Path):
            found = find_sources(source, replace(options.choices, parts=_parts(source, options)))
        else:
            found = source
        sources = _with_options(found, options)
        about = find_about(source) if isinstance(source, Path) and options.qrels is None else None
        topics, left_out = _read_topics(sources, options)
        label = _label(workspace, source if isinstance(source, Path) else sources.passages[0], sources)
        with workspace.write() as db:
            dataset_id = datasets.begin_dataset(db, name, label, _scale(topics, options))
        try:
            passages = PassageImport(workspace, dataset_id, topics)
            passages.load(sources, options, progress)
            met = passages.meet_other_forms()
            progress(passages.count, passages.count, "storing queries and judgments")
            with workspace.open() as db:
                own = own_passages(db, dataset_id, topics.queries.values())
            report = _report(sources, topics, left_out, passages, own, time.monotonic() - started)
            encoded = tuple(sorted(_name(path, sources.root) for path in windows_1252))
            report = replace(report, met_by_form=Listed.of(met), windows_1252=encoded)
            with workspace.write() as db:
                datasets.add_queries(db, dataset_id, topics.queries.values())
                if about is not None and isinstance(source, Path):  # of which the grades that count are a part
                    set_scale(db, dataset_id, about.steps)
                    restore_history(db, dataset_id, read_history(source))
                else:
                    judgments.import_judgments(db, dataset_id, to_judgments(topics.rows, passages.hashes))
                datasets.finish_dataset(db, dataset_id, report.to_dict())
        except BaseException:
            spare.release()
            with suppress(sqlite3.Error), workspace.open() as db:  # what is left then, the next import removes
                drop_in_steps(db, dataset_id)
            raise
    return report


def _label(workspace: Workspace, source: Path, sources: Sources) -> str:
    """Where the dataset is from, for people: the path, of an upload the names of its files."""
    grades = (path for paths in sources.qrels.values() for path in paths)
    names = dict.fromkeys(_name(path, sources.root) for path in (*sources.passages, *sources.queries, *grades))
    shown = shown_source(workspace, str(source)) or ", ".join(names)
    return printable(shown, 500 if shown != str(source) else len(shown))


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
        topics.add_queries(path, sources.columns_of(path))
    for split, paths in sources.qrels.items():
        for path in paths:
            topics.add_grades(path, as_name(f"qrels:{split}", "judge"), sources.columns_of(path))
    left_out = topics.keep_judged() if sources.by_split and not options.all_queries else 0
    if options.max_grade is not None:
        topics.refuse_above(options.max_grade)
    return topics, left_out


def _scale(topics: Topics, options: ImportOptions) -> dict[int, str] | None:
    return scale_for(topics.grades(), options.max_grade)


def _report(
    sources: Sources, topics: Topics, left_out: int, passages: PassageImport, own: tuple[int, int], seconds: float
) -> ImportReport:
    grades = tuple(path for paths in sources.qrels.values() for path in paths)
    unjudged = topics.unjudged_queries()
    files = {"passages": sources.passages, "queries": sources.queries, "judgments": grades}
    return ImportReport(
        passages=passages.count,
        queries=len(topics.queries),
        judgments=len(topics.pairs),
        files={role: tuple(_name(path, sources.root) for path in paths) for role, paths in files.items()},
        splits=tuple(sources.qrels),
        queries_left_out=left_out,
        same_docs=passages.same,
        conflicting_docs=passages.conflicting.listed,
        empty_texts=passages.empty,
        same_queries=topics.same_queries,
        conflicting_queries=Listed.of(topics.conflicting_queries),
        same_judgments=topics.same_judgments,
        conflicting_judgments=topics.conflicting_judgments,
        ungraded=topics.ungraded,
        docs_without_text=Listed.of(docid for docid in topics.docids() if docid not in passages.hashes),
        queries_without_judgments=len(unjudged),
        first_without_judgments=first_texts(unjudged),
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
