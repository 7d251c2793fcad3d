"""The smallest difference that matters, set once per dataset: what "equal" means in every verdict over it."""

from __future__ import annotations

from rerank_core.evaluation.equivalence import DEFAULT_MARGIN, check_margin
from rerank_core.store import margins
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace


def margin_of(workspace: Workspace, dataset: DatasetRow) -> float:
    """The dataset's margin, `DEFAULT_MARGIN` where nobody has set one; in the unit of the measure that is compared."""
    with workspace.open() as db:
        kept = margins.get_margin(db, dataset.id)
    return DEFAULT_MARGIN if kept is None else kept


def set_margin(workspace: Workspace, dataset: DatasetRow, margin: float) -> None:
    """Make this the dataset's margin. Raises SettingsError for one that is not above 0 and at most 1."""
    checked = check_margin(margin)
    with workspace.write() as db:
        margins.put_margin(db, dataset.id, checked)
