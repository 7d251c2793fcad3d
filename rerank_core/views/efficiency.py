"""Times and costs as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rerank_core.evaluation.cost import break_even
from rerank_core.experiment.efficiency import Efficiency

if TYPE_CHECKING:
    import pandas as pd

P50, P95, COST = "p50 ms", "p95 ms", "$ / 1,000"


def efficiency_columns(efficiency: Mapping[str, Efficiency], price_an_hour: float | None) -> pd.DataFrame:
    """One row per system, in the order given: `P50` and `P95` of a whole query in ms, `COST` of 1,000 queries.

    Missing where it was not measured or is not known. `price_an_hour`: of the machine, in US dollars; None: not known.
    """
    import pandas as pd

    rows = [
        [system.whole and system.whole.p50 * 1000, system.whole and system.whole.p95 * 1000, system.cost(price_an_hour)]
        for system in efficiency.values()
    ]
    return pd.DataFrame(rows, columns=[P50, P95, COST], dtype="float64")


def latency_frame(efficiency: Mapping[str, Efficiency]) -> pd.DataFrame:
    """One row per system, stage and warmth, with the times in milliseconds.

    "≈" before a name: some of its times were measured while the machine was busy.

    Columns: System, Stage, Warmth, Queries, p50 ms, p95 ms, p99 ms, mean ms, Pairs per second.
    The last one is missing for the first stage's own work, which reads none.
    """
    import pandas as pd

    rows = [
        [
            f"≈ {system.label}" if system.rough else system.label,
            stage.stage,
            stage.warmth,
            stage.n,
            *(seconds * 1000 for seconds in (stage.p50, stage.p95, stage.p99, stage.mean)),
            stage.pairs_per_second if stage.stage in ("score", "tokenize") else None,
        ]
        for system in efficiency.values()
        for stage in system.stages
    ]
    columns = ["System", "Stage", "Warmth", "Queries", "p50 ms", "p95 ms", "p99 ms", "mean ms", "Pairs per second"]
    return pd.DataFrame(rows, columns=columns).astype({"Pairs per second": "float64"})


def break_evens(efficiency: Mapping[str, Efficiency], price_an_hour: float) -> list[str]:
    """A sentence for each service and each system of one's own: from how many queries per hour the machine is cheaper.

    `price_an_hour`: of the machine, in US dollars. Systems without a known price or time are left out.
    """
    lines = []
    for service in efficiency.values():
        for local in efficiency.values():
            if service.local or not local.local or service.service_cost is None or not local.scoring:
                continue
            even = break_even(service.service_cost, price_an_hour, local.scoring)
            if even is None:
                continue
            start = f"{local.label} on one such machine costs "
            if even.reachable:
                most = f"(it answers at most {even.capacity:,.0f})"
                lines.append(
                    f"{start}less than {service.label} from {even.queries_an_hour:,.0f} queries per hour on {most}."
                )
            else:
                lines.append(
                    f"{start}more than {service.label} at any load: to cost less it would have to answer "
                    f"{even.queries_an_hour:,.0f} queries per hour, and it answers at most {even.capacity:,.0f}."
                )
    return lines
