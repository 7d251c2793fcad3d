"""The verbs about one system in place of another, and about when a system is worth asking."""

from __future__ import annotations

from rerank_core.errors import SettingsError
from rerank_core.experiment.switching import switch as switched
from rerank_core.shell.answer import DONE, NO, NOTHING, Call, VerbResult
from rerank_core.shell.deciding import nothing_yet, read_figures
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.tuning.afterwards.when_to_rerank import save_router, when_to_rerank
from rerank_core.views.switching import flips_csv


def switch(call: Call) -> VerbResult:
    """One sentence, and one row per query that changes between an answer and a refusal."""
    options = call.options
    before, after = options.before, options.after
    figures = read_figures(call, [before, after], [options.measure], before)
    if not figures.summary.qids:
        return VerbResult({}, (nothing_yet(figures),), None, NOTHING)
    found = switched(
        figures,
        before,
        after,
        floor=options.floor,
        precision=options.precision,
        k=options.top,
        price_an_hour=options.price,
    )
    lines = [found.sentence]
    if found.no_floor:
        lines.append(found.no_floor)
    if options.out is not None:
        options.out.write_text(flips_csv(found, figures.whole.queries), encoding="utf-8", newline="")
        lines.append(f"Wrote {len(found.flips):,} queries to {options.out}.")
    value = {**found.to_json(), "queries_that_change": found.rows()}
    code = DONE if found.safety == "safe" or not options.strict else NO
    return VerbResult(value, (*lines, *figures.remarks()), found.rows() or None, code)


def when(call: Call) -> VerbResult:
    """For which queries a system is worth asking: the sentence, and one row per share of queries that are reranked."""
    options = call.options
    if options.system == FIRST_STAGE:
        raise SettingsError("Name a reranker: the first stage is what is asked anyway.")
    figures = read_figures(call, [FIRST_STAGE, options.system], [options.measure], FIRST_STAGE)
    if not figures.summary.qids:
        return VerbResult({}, (nothing_yet(figures),), None, NOTHING)
    found = when_to_rerank(figures, options.system, seed=options.seed, price_an_hour=options.price)
    lines = [found.sentence]
    if options.save_as:
        kept = save_router(figures, found, options.save_as)
        lines.append(f"Saved as '{kept}'. It carries the mark of the {len(found.qids):,} queries that chose its floor.")
    rows = found.rows()
    value = {
        "sentence": found.sentence,
        "condition": None if found.condition is None else {found.condition.feature: found.condition.value},
        "p": found.p_value,
        "queries": len(found.qids),
        "never": found.never,
        "always": found.always,
        "held_out": found.held_out,
        "held_out_share": found.held_out_share,
        "curve": rows,
    }
    return VerbResult(value, (*lines, *figures.remarks()), rows)
