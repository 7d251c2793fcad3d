"""Questions that a notebook asks in one call: what an answer needs is ranked first, in the process that asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures, figures
from rerank_core.experiment.matrix import Matrix, columns, first_stages
from rerank_core.experiment.matrix import matrix as read_matrix
from rerank_core.experiment.switched import Switch
from rerank_core.experiment.switching import DEFAULT_K
from rerank_core.experiment.switching import switch as switched
from rerank_core.ranking.in_process import run
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.systems import FIRST_STAGE, get_system
from rerank_core.tuning.afterwards.rerank_where import WhenToRerank
from rerank_core.tuning.afterwards.when_to_rerank import when_to_rerank


def matrix(
    experiment: Experiment,
    measure: str = "nDCG@10",
    stages: Sequence[RetrievalSettings] = (),
    *,
    bar: bool = True,
) -> Matrix:
    """Rank the experiment's systems over several first stages, and measure each pair over the same graded queries.

    `stages`: the rows; () for the experiment's own first stage, each retriever alone, imported runs and the first
    stages of systems. What is ranked already is kept. A cell that could not be ranked says why, in its `state` and
    `reason`. `bar`: draw one on stderr. Raises BadInputError for what is no measure, NotReadyError for a first stage
    that needs something.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", ["first-stage", "minilm-cosine"], depth=10)
    >>> found = rl.matrix(experiment, "RR@10", bar=False)
    >>> [row.label for row in found.rows]
    ['BM25 + dense, RRF, 10 candidates', 'BM25, 10 candidates', 'dense, 10 candidates']
    >>> {cell.state for row in found.rows for cell in row.cells.values()}
    {'ranked'}
    """
    parsed = parse_measure(measure)
    wanted = tuple(stages) or tuple(first_stages(experiment))
    asked = experiment.with_systems(columns(experiment.systems))
    for settings in wanted:
        run(replace(asked, settings=settings), bar)
    return read_matrix(experiment, parsed, wanted)


def switch(
    experiment: Experiment,
    before: str,
    after: str,
    measure: str = "nDCG@10",
    *,
    floor: float | None = None,
    precision: float | None = None,
    k: int = DEFAULT_K,
    price_an_hour: float | None = None,
    seed: int = 0,
    bar: bool = True,
) -> Switch:
    """What changes with the system `after` in place of `before`, over the experiment's candidates; both are ranked.

    `floor`: the raw score below which `before` shows nothing now; or `precision`: its floor is the lowest that reaches
    it. Without either there is no floor. Floors are about the first `k` passages. `price_an_hour`: of the machine, US
    dollars. Raises NotFoundError for a system that is not there, SettingsError where the two are one, BadInputError for
    what is no measure.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", depth=10)
    >>> rl.switch(experiment, "minilm-maxsim", "minilm-cosine", bar=False).safety
    'open'
    """
    figured = _figures(experiment, [before, after], measure, before, bar)
    return switched(
        figured, before, after, floor=floor, precision=precision, k=k, price_an_hour=price_an_hour, seed=seed
    )


def when(
    experiment: Experiment,
    system: str,
    measure: str = "nDCG@10",
    *,
    price_an_hour: float | None = None,
    seed: int = 0,
    bar: bool = True,
) -> WhenToRerank:
    """For which queries `system` is worth asking, by a signal of the first stage; what is missing is ranked first.

    `price_an_hour`: of the machine, US dollars. Raises NotFoundError for a system that is not there, SettingsError for
    one that is no reranker of the experiment's candidates, for fewer than 20 graded queries, and where the first stage
    has no scores.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", depth=10)
    >>> rl.when(experiment, "minilm-maxsim", bar=False)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    rerank_core.errors.SettingsError: Nothing can be held out: 2 graded queries are ranked by MiniLM late interaction...
    """
    return when_to_rerank(
        _figures(experiment, [FIRST_STAGE, system], measure, FIRST_STAGE, bar),
        system,
        price_an_hour=price_an_hour,
        seed=seed,
    )


def _figures(experiment: Experiment, systems: Sequence[str], measure: str, baseline: str, bar: bool) -> Figures:
    ids = dict.fromkeys(systems)  # the same one twice is said by who asks
    asked = replace(experiment, systems=tuple(get_system(experiment.workspace, one) for one in ids), baseline=baseline)
    parse_measure(measure)
    run(asked, bar)
    return figures(asked, [measure])
