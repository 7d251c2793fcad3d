"""The verb that searches settings: what it costs first, then the answer on queries that the search did not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import share
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.tuning import rank_pool
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.shell.answer import DONE, NO, NOTHING, Call, VerbResult
from rerank_core.shell.option_groups import experiment_of, variant_said
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.tuning.inputs import what_is_missing
from rerank_core.tuning.questions import known_cases
from rerank_core.tuning.record import record, save_winner
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.tuning.tune import check_graded
from rerank_core.tuning.tune import tune as search
from rerank_core.tuning.variant_lists import AS_TYPED


def tune(call: Call) -> VerbResult:
    """One row per search, the answer above them. Exit NOTHING where scores are missing and --run is not given."""
    options = call.options
    experiment = experiment_of(call.workspace, options, options.systems)
    space = _space(options.deepest, options.most, options.first_stages, options.precision)
    space = replace(space, variants=_variants(call.workspace, options.variants))
    check_graded(experiment)
    missing = what_is_missing(experiment, space)
    if not missing.nothing and not options.run:
        line = f"{missing.sentence()} Add --run to rank them first."
        return VerbResult({"missing": missing.queries, "pairs": missing.pairs}, (line,), None, NOTHING)
    if not missing.nothing:
        rank_pool(Pipeline(call.workspace), experiment, space, call.progress)
    found = record(
        search(
            experiment,
            options.measure,
            space,
            splits=options.splits,
            seed=options.seed,
            margin=options.margin,
            progress=call.progress,
        )
    )
    lines = [found["sentence"], *(line for line in found["sentences"].values() if line != found["sentence"])]
    if found["left_out"]:
        lines.append(f"{found['left_out']:,} graded queries are left out: a list or a score of theirs is missing.")
    lines += found["worth"]
    lines += [_floor_line(row) for row in found["rows"] if row["floor"]]
    ms = next((row["ms"] for row in found["rows"][1:]), None)
    against = [case for case in known_cases(found["facts"], ms, options.limit_ms) if case.speaks_for is False]
    lines += [f"Against reranking: {case.question.lower()}. {case.answer}" for case in against]
    if options.save_as:
        best = next((row["system"] for row in found["rows"][1:]), FIRST_STAGE)
        with_floor = options.precision is not None
        kept = save_winner(call.workspace, found, best, options.save_as, experiment.dataset.name, floor=with_floor)
        lines.append(f"Saved as '{kept}'. It carries the mark of the {found['queries']:,} queries that chose it.")
    worth_it = any(row["answer"] == "worth it" for row in found["rows"])
    return VerbResult(found, tuple(lines), _short(found["rows"]), DONE if worth_it or not options.strict else NO)


def _space(deepest: int, most: int, lists: list[str], precision: float | None) -> SearchSpace:
    space = SearchSpace()
    depths = tuple(depth for depth in (*space.depths, 200, 500, 1000) if depth <= deepest)
    if not depths:
        raise SettingsError(f"--deepest is {deepest}, and the shallowest depth that is tried is {min(space.depths)}.")
    named = tuple(tuple(one.split("+")) for one in lists) or space.lists
    return SearchSpace(lists=named, depths=depths, most=most, precision=precision)


def _variants(workspace: Workspace, said: list[str]) -> tuple[tuple[str, QueryVariant | None], ...]:
    """Variants by name, or by label where they are said as JSON; "as typed": none."""
    found: dict[str, QueryVariant | None] = {}
    for text in said:
        variant = None if text == AS_TYPED else variant_said(text, workspace)
        found[variant.label if variant is not None and text.lstrip().startswith("{") else text] = variant
    return tuple(found.items())


def _floor_line(row: dict[str, Any]) -> str:
    floor = row["floor"]
    reached = "nothing is graded" if floor["precision"] is None else f"{share(floor['precision'])} is relevant"
    return (
        f"{row['label']}, nothing below {floor['floor']:.4g}: of what is shown on queries not searched, {reached} "
        f"(promised {share(floor['promised'])}); {share(floor['answered'])} of the queries still get an answer."
    )


def _short(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("system", "before", "held_out", "optimism", "delta", "low", "high", "p", "holds", "ms", "setting")
    return [{name: row[name] for name in names} for row in rows]
