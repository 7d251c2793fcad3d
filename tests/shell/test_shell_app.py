"""The verb `app`: what is served, where, and over which workspace; and that it is what no verb at all means."""

from __future__ import annotations

import os
import runpy
import sys

import pytest

from rerank_core.__main__ import main
from rerank_core.errors import NotFoundError
from rerank_core.shell.answer import USAGE
from rerank_core.shell.app import PACKAGE, app_script
from rerank_core.store.workspace import VARIABLE
from tests.conftest import ROOT


@pytest.fixture
def served(monkeypatch, tmp_path):
    """What Streamlit is called with, and the workspace it then has."""
    calls = []
    monkeypatch.setenv(VARIABLE, str(tmp_path / "env.db"))
    monkeypatch.setattr(sys, "argv", ["rerank-lens"])

    def run_module(name, **_):
        calls.append((name, sys.argv[1:], os.environ[VARIABLE]))

    monkeypatch.setattr(runpy, "run_module", run_module)
    return calls


@pytest.mark.parametrize("words", [[], ["app"]])
def test_without_a_verb_the_app_opens(served, tmp_path, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert not ended.value.code
    assert served == [("streamlit", ["run", str(ROOT / "app.py")], str(tmp_path / "env.db"))]


def test_port_address_and_workspace_are_passed_on(served, tmp_path):
    words = ["--workspace", str(tmp_path / "mine.db"), "app", "--port", "8502", "--address", "0.0.0.0", "--headless"]
    with pytest.raises(SystemExit):
        main(words)
    flags = ["--server.port=8502", "--server.address=0.0.0.0", "--server.headless=true"]
    assert served == [("streamlit", ["run", str(ROOT / "app.py"), *flags], str(tmp_path / "mine.db"))]


def test_the_app_in_the_package_goes_before_that_of_the_checkout(tmp_path):
    for folder in (tmp_path, tmp_path / "rerank_core" / "_app"):
        (folder / "pages" / "ui").mkdir(parents=True)
        (folder / "app.py").touch()
    assert app_script(tmp_path / "rerank_core") == tmp_path / "rerank_core" / "_app" / "app.py"
    (tmp_path / "rerank_core" / "_app" / "app.py").unlink()
    assert app_script(tmp_path / "rerank_core") == tmp_path / "app.py"


def test_a_strangers_app_beside_the_package_is_not_run(tmp_path):
    (tmp_path / "app.py").touch()
    with pytest.raises(NotFoundError, match="install rerank-lens from its wheel"):
        app_script(tmp_path / "rerank_core")


def test_without_pages_it_says_so_as_wrong_usage(monkeypatch, capsys, served, tmp_path):
    monkeypatch.setattr("rerank_core.shell.app.app_script", lambda: app_script(tmp_path))
    assert main(["app"]) == USAGE
    assert "install rerank-lens" in capsys.readouterr().err
    assert served == []


def test_the_checkout_serves_its_own_app():
    assert app_script() == PACKAGE.parent / "app.py" == ROOT / "app.py"
