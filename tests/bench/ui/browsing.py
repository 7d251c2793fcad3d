"""The real app in a real browser: a Streamlit server on a free port, and a headless Chromium through playwright."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_core.errors import RerankLensError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[3]
"""Where app.py, its pages and data/ lie: the checkout."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "[data-testid='stApp'][data-test-connection-state='CONNECTED'][data-test-script-state='notRunning']"
"""Matches once the page's script has run to its end."""


def missing() -> dict[str, str]:
    """What a browser run lacks here: its name -> what it needs; empty where all is there."""
    lacks = {module: module for module in ("playwright", "streamlit") if find_spec(module) is None}
    if find_chromium() is None:
        lacks["browser"] = "a Chromium or Chrome in PATH, or named by RERANK_LENS_CHROMIUM"
    if not (ROOT / "app.py").is_file():
        lacks["app"] = f"the checkout with app.py, which is not in {ROOT}"
    return lacks


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome (RERANK_LENS_CHROMIUM first, then PATH), or None."""
    named = os.environ.get("RERANK_LENS_CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_streamlit(script: Path, env: Mapping[str, str], port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it is healthy; the caller ends the process. Raises RerankLensError with its log."""
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    command += ["--browser.gatherUsageStats=false", "--client.toolbarMode=minimal"]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return start_server(command, {**os.environ, "PYTHONPATH": paths, **env}, port, log)


def start_server(
    command: Sequence[str], env: Mapping[str, str], port: int, log: Path, folder: Path = ROOT
) -> subprocess.Popen[bytes]:
    """Run `command` in `folder` with `env` alone, and wait until Streamlit is healthy at `port`.

    The caller ends the process. Raises RerankLensError with its log where it does not become healthy.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT)
    base = env.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    health = f"http://127.0.0.1:{port}/{base}/_stcore/health".replace("//_", "/_")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(health, timeout=2) as answer:
                if answer.status == 200:
                    return process
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise RerankLensError(f"Streamlit did not start:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def streamlit_server(script: Path, env: Mapping[str, str], log: Path, port: int | None = None) -> Iterator[str]:
    """The URL of a server that runs `script`, ended on the way out. `port`: None takes a free one."""
    port = port or free_port()
    process = start_streamlit(script, env, port, log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and kill it where it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; only one playwright driver may live in a process. Raises RerankLensError without one."""
    path = find_chromium()
    if path is None:
        raise RerankLensError("no Chromium or Chrome in PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
