"""Adding files to a dataset that is there already: judgments, queries, and runs made elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlite_utils import Database

from rerank_core.corpus.formats.columns import USUAL, Columns
from rerank_core.corpus.formats.encoding import noting_windows_1252
from rerank_core.corpus.formats.record import as_name
from rerank_core.corpus.formats.run_order import AGREES, RankColumn
from rerank_core.corpus.formats.trec import RunFile, Ties, read_run_file
from rerank_core.corpus.id_forms import other_forms, rename_rankings
from rerank_core.corpus.importing.topics import Row, Topics
from rerank_core.corpus.report import ImportReport, Listed, first_texts
from rerank_core.corpus.survey.look import group_unread, look_at
from rerank_core.corpus.survey.names import split_name
from rerank_core.errors import BadInputError
from rerank_core.store import datasets, judgments
from rerank_core.store.imported_runs import put_imported
from rerank_core.store.workspace import Workspace, now
from rerank_core.types import Judgment, Progress, Query, Ranking, no_progress


def import_judgments(
    workspace: Workspace,
    dataset: str,
    path: Path,
    judge: str | None = None,
    progress: Progress = no_progress,
    columns: Columns = USUAL,
) -> ImportReport:
    """Add the grades of a file to a dataset; all of them or none.

    They are stored as `judge` (None: 'qrels:' and the file's name) and count as newer than what is there. Grades of
    unknown passages and qids are kept and reported; a query that the file names by a text that is new is added.
    Negative grades are kept. `columns`: how its columns are read. Raises NotFoundError, and
    BadInputError, also for a grade above the dataset's scale.
    """
    started = time.monotonic()
    progress(0, 0, "reading judgments")
    topics, dataset_row = _topics(workspace, dataset)
    with noting_windows_1252() as windows_1252:
        topics.add_grades(path, as_name(judge or f"qrels:{split_name(path)}", "judge"), columns)
    topics.refuse_above(max(dataset_row.scale))
    if not topics.rows:
        raise BadInputError(path, None, "there are no grades in the file", "at least one")
    not_read = group_unread([look_at(path, columns, part="grades")])
    with workspace.write() as db:
        names = passages_by_form(db, dataset_row.id, topics.docids())
        topics.rename_docs(names)
        hashes = datasets.text_hashes(db, dataset_row.id, list(topics.docids()))
        datasets.add_queries(db, dataset_row.id, topics.queries.values())
        datasets.count_queries(db, dataset_row.id)
        judgments.import_judgments(db, dataset_row.id, to_judgments(topics.rows, hashes))
    return ImportReport(
        queries=len(topics.queries),
        judgments=len(topics.pairs),
        files={"judgments": (path.name,)},
        same_judgments=topics.same_judgments,
        conflicting_judgments=topics.conflicting_judgments,
        ungraded=topics.ungraded,
        docs_without_text=Listed.of(docid for docid in topics.docids() if docid not in hashes),
        judgments_of_unknown_queries=Listed.of(topics.unknown_qids()),
        grades=topics.grades(),
        met_by_form=Listed.of(names),
        queries_met_by_form=Listed.of(topics.met_qids),
        not_read=not_read,
        windows_1252=tuple(path.name for path in windows_1252),
        seconds=round(time.monotonic() - started, 3),
    )


def import_queries(
    workspace: Workspace,
    dataset: str,
    path: Path,
    progress: Progress = no_progress,
    columns: Columns = USUAL,
) -> ImportReport:
    """Add the queries of a file to a dataset; all of them or none.

    A qid that is there already keeps its text and is reported. Where the file has one query a line, each new text
    gets the next free qid (q1, q2 ...). `columns`: how its columns are read. Raises NotFoundError, BadInputError.
    """
    started = time.monotonic()
    progress(0, 0, "reading queries")
    topics, dataset_row = _topics(workspace, dataset)
    with noting_windows_1252() as windows_1252:
        topics.add_queries(path, columns)
    if not topics.queries and not topics.same_queries and not topics.conflicting_queries:
        raise BadInputError(path, None, "there are no queries in the file", "at least one")
    not_read = group_unread([look_at(path, columns, part="queries")])
    with workspace.write() as db:
        datasets.add_queries(db, dataset_row.id, topics.queries.values())
        datasets.count_queries(db, dataset_row.id)
        judged = judgments.qrels(db, dataset_row.id)
        unjudged = [query.text for qid, query in topics.queries.items() if qid not in judged]
        same_ids, same_texts = own_passages(db, dataset_row.id, topics.queries.values())
    return ImportReport(
        queries=len(topics.queries),
        files={"queries": (path.name,)},
        same_queries=topics.same_queries,
        conflicting_queries=Listed.of(topics.conflicting_queries),
        queries_without_judgments=len(unjudged),
        first_without_judgments=first_texts(unjudged),
        queries_with_passage_ids=same_ids,
        queries_as_passages=same_texts,
        queries_met_by_form=Listed.of(topics.met_qids),
        not_read=not_read,
        windows_1252=tuple(path.name for path in windows_1252),
        seconds=round(time.monotonic() - started, 3),
    )


def own_passages(db: Database, dataset_id: int, queries: Iterable[Query]) -> tuple[int, int]:
    """How many queries have the id of a passage, and how many of these its text too, white space aside.

    Both are 0 where all these ids are plain numbers and no text is the same: then they only count alike.
    """
    texts = {query.qid: _by_blanks(query.text) for query in queries}
    names = passages_by_form(db, dataset_id, texts)
    texts = {names.get(qid, qid): text for qid, text in texts.items()}
    count, same, numbers = 0, 0, True
    for doc in datasets.walk_docs(db, dataset_id, list(texts)):
        count += 1
        same += texts[doc.docid] in (_by_blanks(doc.text), _by_blanks(doc.content))
        numbers = numbers and doc.docid.isdecimal()
    return (count, same) if same or not numbers else (0, 0)


def _by_blanks(text: str) -> str:
    return " ".join(text.split())


def import_run(
    workspace: Workspace, dataset: str, path: Path, system: str | None = None, ties: Ties = "file"
) -> dict[str, Ranking]:
    """The rankings of `import_run_file`."""
    return import_run_file(workspace, dataset, path, system, ties).rankings


def import_run_file(
    workspace: Workspace, dataset: str, path: Path, system: str | None = None, ties: Ties = "file"
) -> RunFile:
    """A TREC run for a dataset, see `corpus.trec.read_run_file`; nothing is stored.

    All of the run is returned, also queries and passages that the dataset does not have: `check_run` counts these.
    Ids that the dataset has in another Unicode form are given as the dataset has them.
    Raises NotFoundError, and BadInputError, also where the run has no query of this dataset.
    """
    run = _with_own_ids(workspace, dataset, read_run_file(path, system, ties))
    if check_run(workspace, dataset, run.rankings).queries == 0:
        raise BadInputError(path, None, f"no query of this run is in '{dataset}'", "a run over this dataset's queries")
    return run


def _with_own_ids(workspace: Workspace, dataset: str, run: RunFile) -> RunFile:
    with workspace.open() as db:
        row = datasets.get_dataset(db, dataset)
        known = {query.qid for query in datasets.get_queries(db, row.id)}
        qids = other_forms(run.rankings, known.intersection)
        docids = passages_by_form(db, row.id, (docid for ranking in run.rankings.values() for docid in ranking.docids))
    rankings, met = rename_rankings(run.rankings, qids, docids)
    return replace(run, rankings=rankings, met_by_form=met)


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run fits a dataset.

    `queries`: in both. `unknown_queries`: in the run alone. `missing_queries`: in the dataset alone.
    `unknown_docs`: docids of the run that are no passage. `tied`: places that have the score of the place before.
    `rank_column`: how the file's ranks fit its scores; it agrees where that was not read. `met_by_form`: ids of the
    file that the dataset has in another Unicode form only.
    """

    queries: int
    unknown_queries: Listed
    missing_queries: Listed
    unknown_docs: Listed
    tied: int
    rank_column: RankColumn = AGREES
    met_by_form: Listed = field(default_factory=Listed)


def check_run(workspace: Workspace, dataset: str, rankings: Mapping[str, Ranking]) -> RunReport:
    """How `rankings` (qid -> ranking) fit the dataset; without a word on ranks. Raises NotFoundError."""
    with workspace.open() as db:
        row = datasets.get_dataset(db, dataset)
        qids = [query.qid for query in datasets.get_queries(db, row.id)]
        docids = dict.fromkeys(docid for ranking in rankings.values() for docid in ranking.docids)
        there = datasets.text_hashes(db, row.id, list(docids))
    known = set(qids)
    return RunReport(
        queries=len(known & rankings.keys()),
        unknown_queries=Listed.of(qid for qid in rankings if qid not in known),
        missing_queries=Listed.of(qid for qid in qids if qid not in rankings),
        unknown_docs=Listed.of(docid for docid in docids if docid not in there),
        tied=sum(map(_ties, rankings.values())),
    )


def _ties(ranking: Ranking) -> int:
    scores = [doc.score for doc in ranking.docs]
    return len(scores) - len(set(scores))


def passages_by_form(db: Database, dataset_id: int, docids: Iterable[str]) -> dict[str, str]:
    """`other_forms` of docids: as a file has it -> the passage's docid."""
    return other_forms(docids, lambda ids: datasets.text_hashes(db, dataset_id, ids))


def to_judgments(rows: Iterable[Row], hashes: Mapping[str, str]) -> Iterator[Judgment]:
    """Rows as judgments of the source 'import'; `hashes`: docid -> text hash, "" where there is none."""
    at = now()
    for row in rows:
        yield Judgment(row.qid, row.docid, row.grade, row.judge, "import", "", at, hashes.get(row.docid, ""))


def _topics(workspace: Workspace, dataset: str) -> tuple[Topics, datasets.DatasetRow]:
    with workspace.open() as db:
        row = datasets.get_dataset(db, dataset)
        known = {query.qid: query for query in datasets.get_queries(db, row.id)}
    return Topics(known), row


_NAME = re.compile(r"[\w.+-]{1,80}")


def import_trec_run(
    workspace: Workspace,
    dataset: str,
    path: Path,
    name: str | None = None,
    ties: Ties = "file",
    replace_run: bool = False,
) -> tuple[str, RunReport]:
    """Keep the run of a TREC file and return the id of its system, "run:NAME", and how it fits the dataset.

    `name` None: the file's name without its ending. All of the run is kept with its raw scores, also what the dataset
    does not have; ids are as the dataset has them where only the Unicode form differs. Equal scores: see
    `corpus.trec.read_run_file`. Where ranks and scores disagree, the report and the note of the system say so.
    `replace_run`: another run of this name and dataset goes; its system has the new rankings from then on. Raises
    NotFoundError, NameTakenError where one would go unasked, and BadInputError for a file that is no run or has no
    query of the dataset, and for a name that is another dataset's or not one plain word.
    """
    chosen = (name if name is not None else path.stem).strip()
    if not _NAME.fullmatch(chosen):
        raise BadInputError("run name", None, f"{chosen[:80]!r} is no plain word", "letters, digits and . _ + -")
    run = import_run_file(workspace, dataset, path, chosen, ties)
    odd = len(run.rank_column.against)
    source = f"{path.name} (read by score; on {odd:,} queries its ranks disagree)" if odd else path.name
    with workspace.write() as db:
        put_imported(db, datasets.get_dataset(db, dataset).id, chosen, source, run.rankings, replace_run)
    report = check_run(workspace, dataset, run.rankings)
    return f"run:{chosen}", replace(report, rank_column=run.rank_column, met_by_form=Listed.of(run.met_by_form))
