"""Logged queries into a dataset, with the lists that they were answered with as systems."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from rerank_core.errors import BadInputError
from rerank_core.monitoring.logs.rows import without_repeats
from rerank_core.monitoring.queries import QueryGroup
from rerank_core.store import datasets, query_states
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.imported_runs import extend_imported
from rerank_core.store.traffic_requests import SERVED, LoggedDoc, LoggedList, query_key, walk_lists
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query, Ranking, ScoredDoc, text_hash

TAG = "traffic"
SOURCE = "logs of traffic"
_TEXT = "text:"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the queries that were to be added.

    `queries`: new ones; `known`: those whose text the dataset has already; queries of which the log has the hash alone
    are left out. `systems`: the ids of the systems that hold the logged lists, the callers' first. `unknown`: places
    of these lists that are no passage of the dataset; `places`: all. `qids`: query's key -> its id in the dataset.
    """

    queries: int
    known: int
    systems: tuple[str, ...]
    places: int
    unknown: int
    qids: Mapping[str, str]


def add_from_traffic(
    workspace: Workspace, dataset: str, groups: Sequence[QueryGroup], look_only: bool = False
) -> Added:
    """Add queries with their newest logged lists to a dataset.

    A query that the dataset has already, whatever its case, keeps its id. Each system of the log becomes an imported
    run `run:logged-NAME`, its lists before the reranker `run:logged-NAME-before`; a list of a query that was there
    before is replaced by the newest. `look_only`: new queries are scratch: they can be compared, and are in nobody's
    list and in no figure. Passages are known by their id, or by the hash of their text where the log has no
    id. Raises NotFoundError, and BadInputError where no query has a text.
    """
    groups = [group for group in groups if group.text]
    if not groups:
        problem = "no query has a text; the log has hashes alone"
        raise BadInputError("traffic", None, problem, "a log that holds the queries")
    with workspace.write() as db:
        row = datasets.get_dataset(db, dataset)
        known = known_qids(db, row)
        qids: dict[str, str] = {}
        fresh: list[Query] = []
        for group in groups:
            here = next((known[key] for key in group.keys if key in known), None)
            if here is None:
                here = query_states.typed_id(group.text)
                fresh.append(Query(here, group.text, tags=(TAG,)))
            qids |= dict.fromkeys(group.keys, here)
        for query in fresh if look_only else ():
            query_states.try_query(db, row.id, query)
        if not look_only:
            datasets.add_queries(db, row.id, fresh)
            datasets.count_queries(db, row.id)
        newest = _newest(walk_lists(db, qids), qids)
        found, places, unknown = _runs(db, row, newest)
        for (name, what), rankings in found.items():
            extend_imported(db, row.id, name, what, rankings)
    systems = tuple(f"run:{name}" for name, _ in found)
    return Added(len(fresh), len(groups) - len(fresh), systems, places, unknown, qids)


def known_qids(db: Database, dataset: DatasetRow) -> dict[str, str]:
    """Query's key -> qid, of the queries that the dataset has."""
    return {query_key(query.text): query.qid for query in reversed(datasets.get_queries(db, dataset.id))}


def run_name(system: str, dataset: DatasetRow, before: bool = False) -> str:
    """The name of the run that holds a system's logged lists; a name of its own for each dataset."""
    plain = re.sub(r"[^\w.+-]+", "-", system).strip("-")[:40] or "system"
    # what is cut or replaced must not make two systems one
    mark = "" if plain == system else f"-{text_hash(system)[:4]}"
    return f"logged-{plain}{mark}-{dataset.id}{'-before' if before else ''}"


def _newest(lists: Iterable[LoggedList], qids: Mapping[str, str]) -> dict[tuple[str, str], dict[str, LoggedList]]:
    """(role, system) -> qid -> the newest list."""
    found: dict[tuple[str, str], dict[str, LoggedList]] = defaultdict(dict)
    for one in lists:
        own, qid = found[one.role, one.system], qids[one.query_key]
        if qid not in own or own[qid].at <= one.at:
            own[qid] = one
    return dict(sorted(found.items()))


def _runs(
    db: Database, row: DatasetRow, newest: Mapping[tuple[str, str], Mapping[str, LoggedList]]
) -> tuple[dict[tuple[str, str], dict[str, Ranking]], int, int]:
    """(name, source) of each run -> its rankings; the places of all, and those that are no passage here."""
    asked = {doc.docid for lists in newest.values() for one in lists.values() for doc in one.docs}
    names = docids_here(db, row, asked)
    there = datasets.text_hashes(db, row.id, list(names.values()))
    runs: dict[tuple[str, str], dict[str, Ranking]] = defaultdict(dict)
    places = unknown = 0
    # callers' lists last, so that they stand where a shadow has the same name
    for (role, system), lists in sorted(newest.items(), key=lambda one: (one[0][0] == SERVED, one[0][1])):
        for qid, one in lists.items():
            docs = [doc._replace(docid=names[doc.docid]) for doc in one.docs]
            places += len(docs)
            unknown += sum(doc.docid not in there for doc in docs)
            runs[run_name(system, row), f"{SOURCE} ({role}: {system})"][qid] = _ranking(qid, system, docs)
            ranks = [doc.before for doc in docs]
            if None not in ranks:
                before = [doc._replace(score=None) for doc in sorted(docs, key=lambda doc: doc.before or 0)]
                source = f"{SOURCE} ({system}, the order before it)"
                runs[run_name(system, row, before=True), source][qid] = _ranking(qid, system, before)
    ordered = sorted(runs.items(), key=lambda one: (one[0][0].endswith("-before"), "shadow:" in one[0][1], one[0][0]))
    return dict(ordered), places, unknown


def _ranking(qid: str, system: str, docs: Sequence[LoggedDoc]) -> Ranking:
    """A logged list as a ranking; without scores, each place has minus its rank, so that the order holds."""
    seen = without_repeats(docs)  # two hashes may be one passage here
    scored = all(doc.score is not None for doc in seen)
    return Ranking(
        qid,
        system,
        tuple(
            ScoredDoc(doc.docid, doc.score if scored else -float(rank), rank) for rank, doc in enumerate(seen, start=1)
        ),
    )


def docids_here(db: Database, row: DatasetRow, docids: Iterable[str]) -> dict[str, str]:
    """Docid as logged -> docid here: one that goes by the hash of its text has the id of the passage with that text."""
    asked = list(docids)
    hashes = [docid.removeprefix(_TEXT) for docid in asked if docid.startswith(_TEXT)]
    by_hash = datasets.docids_by_hash(db, row.id, hashes) if hashes else {}
    return {docid: by_hash.get(docid.removeprefix(_TEXT), docid) if docid.startswith(_TEXT) else docid
            for docid in asked}  # fmt: skip
