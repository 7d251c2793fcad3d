"""The verb `app`: it serves the pages that lie in the package, or in the checkout around it."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import NoReturn

from rerank_core.errors import NotFoundError
from rerank_core.shell.answer import Call
from rerank_core.store.workspace import VARIABLE

APP = "app"
PACKAGE = Path(__file__).resolve().parents[1]


def open_app(call: Call) -> NoReturn:
    """Serve the app in this process, until it is stopped: SystemExit has Streamlit's exit code.

    Raises NotFoundError where the library is here without its pages.
    """
    options = call.options
    words = ["run", str(app_script())]
    if options.port is not None:
        words.append(f"--server.port={options.port}")
    if options.address is not None:
        words.append(f"--server.address={options.address}")
    if options.headless:
        words.append("--server.headless=true")
    # pages and their worker read it there
    os.environ[VARIABLE] = str(call.workspace.path)
    # Streamlit by its command and not by an import: its settings are found beside the script it is called with
    sys.argv = ["streamlit", *words]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
    sys.exit()


def app_script(package: Path = PACKAGE) -> Path:
    """The app's first script, `app.py`. Raises NotFoundError where there is none."""
    for folder in (package / "_app", package.parent):
        if (folder / "pages" / "ui").is_dir() and (folder / "app.py").is_file():
            return folder / "app.py"
    raise NotFoundError(f"The app is neither in {package} nor beside it: install rerank-lens from its wheel.")
