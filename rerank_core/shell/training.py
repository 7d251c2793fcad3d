"""The verb that trains on the grades."""

from __future__ import annotations

from dataclasses import asdict

from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.training import train as do_train
from rerank_core.shell.answer import DONE, NO, Call, VerbResult
from rerank_core.shell.option_groups import experiment_of
from rerank_core.training.calibration import calibrate, scored_pairs
from rerank_core.training.models.cross_encoder import agreement_sentence
from rerank_core.training.models.extras import price_sentence
from rerank_core.training.record import save


def _calibrated(experiment: Experiment, seed: int) -> VerbResult:
    system = experiment.systems[0]
    found = calibrate(scored_pairs(experiment, system), system.id, seed)
    lines = (found.sentence(), *(promise.sentence() for promise in found.promises))
    rows = [{"said": said, "relevant": right, "pairs": pairs} for said, right, pairs in found.bins]
    return VerbResult(asdict(found), lines, rows, DONE)


def train(call: Call) -> VerbResult:
    """One row per system that it is compared with, the answer above them."""
    options = call.options
    experiment = experiment_of(call.workspace, options, options.systems)
    if options.calibrate:
        return _calibrated(experiment_of(call.workspace, options, [options.calibrate]), options.seed)
    found = do_train(
        Pipeline(call.workspace),
        experiment,
        options.model,
        options.measure,
        start=options.start,
        teacher=options.teacher,
        extras=options.extras or (),
        folds=options.folds,
        seed=options.seed,
        margin=options.margin,
        progress=call.progress,
    )
    lines = [found["sentence"], found.get("curve_sentence", ""), found["data"]["sentence"], found["data"]["missing"]]
    lines += [found.get("read", ""), agreement_sentence(found.get("agreement")), *found["notes"]]
    lines += [price_sentence(found["prices"], one) for one in found.get("prices", {}) if one not in found["extras"]]
    if found["left_out"]:
        lines.append(
            f"{counted(found['left_out'], 'graded query', 'graded queries')} are left out: a ranking is missing."
        )
    if options.save_as:
        kept = save(call.workspace, found, options.save_as, experiment.dataset.name)
        lines.append(f"Saved as '{kept}'. It carries the mark of the {len(found['qids']):,} queries that it has seen.")
    code = NO if options.strict and found["outcome"] != "worth it" else DONE
    return VerbResult(found, tuple(line for line in lines if line), found["rows"], code)
