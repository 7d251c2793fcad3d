"""Verb -> what it does."""

from __future__ import annotations

from rerank_core.shell.answer import Verb
from rerank_core.shell.app import APP, open_app
from rerank_core.shell.deciding import compare, evaluate, gate
from rerank_core.shell.importing import add_labels, add_queries, add_run, import_, remove, update
from rerank_core.shell.keeping import backup, restore_backup
from rerank_core.shell.measuring import measure
from rerank_core.shell.reporting import export, report
from rerank_core.shell.working import index, list_datasets, list_runs, list_systems, run

VERBS: dict[str, Verb] = {
    APP: open_app,
    "import": import_,
    "update": update,
    "remove": remove,
    "import-queries": add_queries,
    "import-labels": add_labels,
    "import-run": add_run,
    "datasets": list_datasets,
    "systems": list_systems,
    "index": index,
    "runs": list_runs,
    "run": run,
    "evaluate": evaluate,
    "compare": compare,
    "gate": gate,
    "measure": measure,
    "report": report,
    "export": export,
    "backup": backup,
    "restore": restore_backup,
}
