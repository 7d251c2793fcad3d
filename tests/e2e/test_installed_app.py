"""What `pip install rerank-lens` gives: the wheel in an environment of its own, started from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from rerank_core.store.workspace import VARIABLE
from tests.bench.ui.browsing import ROOT, end, free_port, start_server
from tests.support.browser import settled

RANKED_MS = 120_000


def pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("rerank_lens-*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`rerank-lens` in an environment that has the wheel, and the tests' own environment for what it depends on."""
    folder = tmp_path_factory.mktemp("installed")
    builder = venv.EnvBuilder(with_pip=False)
    builder.create(folder)
    paths = builder.ensure_directories(folder)
    python = Path(paths.env_exe)
    pip("--python", python, "install", "--no-index", "--no-deps", wheel)
    # A path in a .pth file is searched after the environment's own packages, and .pth files there are not read: the
    # checkout, which is installed there as editable, stays out.
    site = next(folder.rglob("site-packages"))
    ours = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "dependencies.pth").write_text("\n".join(ours))
    return python.with_name("rerank-lens")


@pytest.fixture
def elsewhere(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder to start from, and an environment that names no path of the checkout and a workspace in that folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return folder, {**env, VARIABLE: "mine.db", "HF_HUB_OFFLINE": "1"}


def test_the_wheel_has_one_package_and_all_of_the_app(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        config = archive.read("rerank_core/_app/.streamlit/config.toml")
    assert {name.split("/")[0].removesuffix(".dist-info") for name in names} == {"rerank_core", wheel.name[:17]}
    tracked = subprocess.run(
        ["git", "ls-files", "app.py", "pages", "data/demo", "data/vectors", "rerank_core"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {name if name.startswith("rerank_core/") else f"rerank_core/_app/{name}" for name in tracked}
    assert expected <= names
    assert not [name for name in names if "secrets" in name or "/tests/" in name]
    assert config == (ROOT / ".streamlit" / "config.toml").read_bytes()


@pytest.mark.browser
def test_the_installed_app_opens_from_another_folder(command, elsewhere, page):
    folder, env = elsewhere

    def verb(*words: str) -> Any:
        """What a verb of the same command answers, asked in the same folder."""
        asked = [str(command), *words, "--json"]
        done = subprocess.run(asked, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    port = free_port()
    words = [str(command), "app", "--port", str(port), "--address", "127.0.0.1", "--headless"]
    server = start_server(words, env, port, folder / "log.txt", folder)
    try:
        page.goto(f"http://127.0.0.1:{port}")
        settled(page)
        expect(page.get_by_test_id("stAppDeployButton")).to_have_count(0)  # as its own settings say
        write_birds(folder / "birds")
        assert verb("import", "birds", "birds")["passages"] == 2
        assert {row["name"]: row["passages"] for row in verb("datasets")} == {"demo": 516, "birds": 2}
        page.goto(f"http://127.0.0.1:{port}/Compare?ds=birds")
        expect(page.locator(".column[data-column='minilm-maxsim'] .card")).to_have_count(2, timeout=RANKED_MS)
    finally:
        end(server)
    assert (folder / "mine.db").is_file()
    assert "Traceback" not in (folder / "log.txt").read_text()


def write_birds(folder: Path) -> None:
    folder.mkdir()
    passages = [{"_id": "d1", "text": "Terns dive for fish."}, {"_id": "d2", "text": "A kestrel hunts voles."}]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(passage) + "\n" for passage in passages))
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "who eats fish"}\n')
