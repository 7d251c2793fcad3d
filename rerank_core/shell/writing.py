"""The verb that has a language model write what is searched for."""

from __future__ import annotations

from rerank_core.errors import SettingsError
from rerank_core.ranking.query_writing import write_queries
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import settings_of
from rerank_core.store import datasets
from rerank_core.systems.query_variants import add_query_variant, cost_of, written_for


def variant(call: Call) -> VerbResult:
    """One row per query with what is written for it; without --pay the cost of the rest, and nothing is sent."""
    options, space = call.options, call.workspace
    chosen = settings_of(options, space).variant
    if chosen is None:
        raise SettingsError('Name a query variant: --variant \'{"kind": "hyde", "model": "..."}\'.')
    with space.open() as db:
        queries = datasets.get_queries(db, datasets.get_dataset(db, options.dataset).id)
    lines = []
    if options.keep:
        lines.append(f"Kept as '{add_query_variant(space, chosen, options.keep)}'.")
    texts = [query.text for query in queries]
    if options.prompt:
        lines += [f"The prompt of {chosen.label}:", *chosen.system.splitlines()]
    if options.pay:
        asked = write_queries(space, chosen, texts, call.progress)
        lines.append(f"{chosen.label}: the model was asked for {asked:,} of {len(queries):,} queries.")
    else:
        cost = cost_of(space, chosen, texts)
        lines.append(cost.sentence() + (" Say yes to it by --pay." if cost.queries else ""))
    there = written_for(space, chosen, texts)
    rows = [
        {"qid": query.qid, "query": query.text, "written": "\n".join(there.get(query.text, ()))} for query in queries
    ]
    value = [row | {"written": list(there.get(query.text, ()))} for query, row in zip(queries, rows, strict=True)]
    return VerbResult(value, tuple(lines), rows)
