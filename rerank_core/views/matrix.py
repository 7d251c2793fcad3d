"""The matrix of first stages and rerankers as tables: one figure per cell, and one row per cell to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rerank_core.experiment.matrix import Cell, Matrix

if TYPE_CHECKING:
    import pandas as pd

STAGE, BEST, RECALL = "First stage", "Best possible", "Recall of candidates"
STATES = {
    "partly": "{ranked} of {queries} ranked",
    "not ranked": "not ranked",
    "failed": "failed",
    "other candidates": "other candidates",
}


def matrix_frame(matrix: Matrix, times: bool = False) -> pd.DataFrame:
    """One row per first stage: `STAGE`, `BEST` and `RECALL` (what its candidates allow at most), a column per system.

    `times`: p95 of a whole query in ms in place of the measure. Missing where it is not ranked, or not timed.
    """
    import pandas as pd

    rows = [
        {STAGE: row.label, BEST: row.best, RECALL: row.recall}
        | {matrix.labels[system]: _figure(cell, times) for system, cell in row.cells.items()}
        for row in matrix.rows
    ]
    figures = [BEST, RECALL, *matrix.labels.values()]
    return pd.DataFrame(rows, columns=[STAGE, *figures]).astype(dict.fromkeys(figures, "float64"))


def states_frame(matrix: Matrix) -> pd.DataFrame:
    """The cells without a figure: First stage, System, State (in words), Reason."""
    import pandas as pd

    rows = [
        [row.label, matrix.labels[system], _words(cell, len(matrix.qids)), cell.reason or None]
        for row in matrix.rows
        for system, cell in row.cells.items()
        if cell.state != "ranked"
    ]
    return pd.DataFrame(rows, columns=[STAGE, "System", "State", "Reason"])


def cells_frame(matrix: Matrix) -> pd.DataFrame:
    """One row per cell, as `Matrix.cell_rows`."""
    import pandas as pd

    return pd.DataFrame(matrix.cell_rows())


def _figure(cell: Cell, times: bool) -> float | None:
    if not times:
        return cell.value
    return None if cell.p95 is None else cell.p95 * 1000


def _words(cell: Cell, queries: int) -> str:
    return STATES[cell.state].format(ranked=cell.ranked, queries=queries)
