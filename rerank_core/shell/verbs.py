"""Verb -> what it does."""

from __future__ import annotations

from rerank_core.shell.answer import Verb
from rerank_core.shell.app import APP, open_app
from rerank_core.shell.connecting import connect, refresh
from rerank_core.shell.deciding import compare, evaluate, gate
from rerank_core.shell.importing import add_labels, add_queries, add_run, import_, remove, remove_queries, update
from rerank_core.shell.inviting import invite
from rerank_core.shell.keeping import backup, dataset, restore_backup
from rerank_core.shell.measuring import measure
from rerank_core.shell.reporting import export, report
from rerank_core.shell.serving import serve
from rerank_core.shell.switching import switch, when
from rerank_core.shell.training import train
from rerank_core.shell.tuning import tune
from rerank_core.shell.watching import watch_traffic
from rerank_core.shell.working import index, list_datasets, list_runs, list_systems, run
from rerank_core.shell.writing import variant

VERBS: dict[str, Verb] = {
    APP: open_app,
    "import": import_,
    "update": update,
    "remove": remove,
    "import-queries": add_queries,
    "remove-queries": remove_queries,
    "import-labels": add_labels,
    "import-run": add_run,
    "connect": connect,
    "refresh": refresh,
    "dataset": dataset,
    "datasets": list_datasets,
    "systems": list_systems,
    "index": index,
    "variant": variant,
    "runs": list_runs,
    "run": run,
    "evaluate": evaluate,
    "compare": compare,
    "gate": gate,
    "switch": switch,
    "tune": tune,
    "train": train,
    "when": when,
    "watch": watch_traffic,
    "measure": measure,
    "report": report,
    "export": export,
    "serve": serve,
    "invite": invite,
    "backup": backup,
    "restore": restore_backup,
}
