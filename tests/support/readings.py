"""All that pages and verbs read of a workspace, by name: for tests of rows that no version of ours has written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.efficiency import efficiencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import figures
from rerank_core.experiment.margin import margin_of
from rerank_core.experiment.one_query import load_comparison
from rerank_core.experiment.runs import run_latencies, staleness
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.judging.agreement_report import agreement_report, in_words
from rerank_core.judging.disputes import cases as cases_of
from rerank_core.judging.history import label_events
from rerank_core.judging.invitations import ComparisonTask, dataset_of, redeem, task_of
from rerank_core.judging.judge_queue import Labelling
from rerank_core.judging.llm.figures import graded_by_llm, grades_of, spot_check_pairs
from rerank_core.judging.plan import load_plan, proposed_plan
from rerank_core.judging.stale import stale_labels
from rerank_core.retrieval.filters import filterable_fields
from rerank_core.retrieval.language import detect_corpus
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import (
    datasets,
    imported_runs,
    invitations,
    jobs,
    judges,
    judgments,
    runs,
    scales,
    shown_names,
    tuned_systems,
    votes,
)
from rerank_core.store.datasets import DatasetRow, StoredCorpus
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.query_variants import cost_of, query_variants, written_for
from rerank_core.systems.systems import all_systems, get_system
from tests.conftest import BIRD_QUERIES
from tests.support.full_workspace import SYSTEMS, TOKEN, WORDS_ONLY

Reading = tuple[str, Callable[[], object]]
"""(name, what is read)."""


def read_workspace(workspace: Workspace) -> Iterator[Reading]:
    """What is there beside datasets."""
    yield "query variants", lambda: [one.label for one in query_variants(workspace).values()]
    yield "written queries", lambda: [_written(workspace, one) for one in query_variants(workspace).values()]
    yield "systems", lambda: [(one.label, one.state.detail) for one in all_systems(workspace)]
    with workspace.open() as db:
        yield "trained models", lambda: tuned_systems.trained_on(db, ["/models/ours"])
        yield "datasets", lambda: (datasets.list_datasets(db), datasets.unreadable_datasets(db))
        yield "runs", lambda: (runs.list_runs(db), runs.unreadable_runs(db))
        yield "run facts", lambda: [(run_latencies(run), staleness(workspace, run)) for run in runs.list_runs(db)]
        yield "imported runs", lambda: imported_runs.list_imported(db)
        yield "open jobs", lambda: [(job.params, job.message, job.done) for job in jobs.open_jobs(db)]
        for kind in ("import", "run", "warm", "index", "recall"):
            yield f"jobs, {kind}", lambda kind=kind: [f"{job.done:,} {job.total:,}" for job in jobs.recent(db, kind)]


def _written(workspace: Workspace, variant: QueryVariant) -> object:
    texts = [query.text for query in BIRD_QUERIES]
    return written_for(workspace, variant, texts), cost_of(workspace, variant, texts)


def read_dataset(workspace: Workspace, row: DatasetRow) -> Iterator[Reading]:
    """A dataset whose passages lie here, with the grades, votes and invitations that hang on it."""
    corpus = StoredCorpus(workspace, row)
    known = {system.id for system in all_systems(workspace) if not system.problem}
    ids = [one for one in SYSTEMS if one in known]
    experiment = Experiment.of(workspace, row.name, ids, settings=WORDS_ONLY, baseline="first-stage")
    with workspace.open() as db:
        yield "counts", lambda: f"{row.n_docs:,} {row.n_queries:,} {judgments.count(db, row.id):,}"
        yield "unreadable grades", lambda: judgments.unreadable(db, row.id)
        yield (
            "scale",
            lambda: [f"{grade:d}{name}{guideline}" for grade, name, guideline in scales.get_scale(db, row.id)],
        )
        yield "in use", lambda: scales.grades_in_use(db, row.id)
        yield "judges", lambda: judges.judges(db, row.id)
        yield "history", lambda: judgments.history(db, row.id)
        yield (
            "votes",
            lambda: votes.votes_between(
                db, row.id, sorted(get_system(workspace, one).key for one in SYSTEMS[:2]), WORDS_ONLY.key()
            ),
        )
    yield "language", lambda: detect_corpus(corpus)
    yield "margin", lambda: f"{margin_of(workspace, row):.3f}"
    yield "chosen on", lambda: chosen_on_queries(experiment, BIRD_QUERIES)
    with workspace.open() as db:
        yield "shown names", lambda: [f"{one}: {name}" for one, name in shown_names.get(db, row.id).items()]
        yield "tuned", lambda: tuned_systems.chosen_on(db, [*SYSTEMS, "two steps"])
        yield "tuned, why", lambda: tuned_systems.tuned_facts(db, "two steps")
        links = invitations.listed(db)
    for link in links:
        yield f"invitation of a {link.kind}", lambda link=link: _opened(workspace, link)
    yield "fields", lambda: filterable_fields(corpus.docs())
    yield "hashes", lambda: [len(text) for _, text in corpus.hashes()]
    yield "disagreements", lambda: [(case.doc and case.doc.content, case.label) for case in cases_of(workspace, row)]
    yield "stale", lambda: [(one.label.judge.strip(), one.doc.content) for one in stale_labels(workspace, row)]
    yield "events", lambda: [one.note + one.at + one.judge + one.docid for one in label_events(workspace, row)]
    yield "agreement", lambda: in_words(agreement_report(workspace, row, None))
    yield "models' grades", lambda: [grades_of(one) for one in graded_by_llm(workspace, row).values()]
    yield "to check", lambda: spot_check_pairs(workspace, row)
    yield "labelling", lambda: _label(workspace, row)
    yield "whole set", lambda: figures(experiment, ["nDCG@10", "RR@10"]).remarks()
    yield "efficiency", lambda: efficiencies(experiment, load_whole_set(experiment))
    yield "live", lambda: Scoreboard(experiment, [parse_measure("nDCG@10")]).read_rankings()
    with workspace.open() as db:
        queries = datasets.get_queries(db, row.id)
    for query in queries:
        yield (
            f"comparison of {query.qid}",
            lambda query=query: [one.content for one in load_comparison(experiment, query).docs.values()],
        )


def _opened(workspace: Workspace, link: InvitationRow) -> object:
    redeem(workspace, f"{link.id}.{TOKEN}")
    task, dataset = task_of(link), dataset_of(workspace, link)
    texts = link.name.strip() + link.made[:10] + link.used[:10] + link.withdrawn[:10]
    return texts, task.experiment(workspace, dataset.name) if isinstance(task, ComparisonTask) else task.plan


def _label(workspace: Workspace, row: DatasetRow) -> object:
    plan = load_plan(workspace, row) or proposed_plan(workspace, row)
    labelling = Labelling(workspace, row, "me", plan, []) if plan is not None else None
    return labelling and (labelling.upcoming(), labelling.history(), labelling.progress(), labelling.standing())
