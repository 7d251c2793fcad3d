"""A Streamlit server on a free port and a Chromium page, for tests that drive the real app."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
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


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome (RERANK_LENS_CHROMIUM first, then PATH), or None."""
    named = os.environ.get("RERANK_LENS_CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def need_browser() -> None:
    """Skip the running test where there is no browser; fail it where RERANK_LENS_REQUIRE_BROWSER says there must be."""
    if find_chromium() is not None:
        return
    reason = "no Chromium or Chrome in PATH (RERANK_LENS_CHROMIUM may name one)"
    if os.environ.get("RERANK_LENS_REQUIRE_BROWSER", "0") not in ("", "0"):
        pytest.fail(f"{reason}, and RERANK_LENS_REQUIRE_BROWSER is set", pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_streamlit(script: Path, env: Mapping[str, str], port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a server and wait until it is healthy. The caller ends the process (a SIGKILL is a fair test)."""
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    command += ["--browser.gatherUsageStats=false", "--client.toolbarMode=minimal"]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths, **env}, stdout=out, stderr=subprocess.STDOUT
        )
    base = env.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
    health = f"http://127.0.0.1:{port}/{base}/_stcore/health".replace("//_", "/_")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(health, timeout=2) as answer:
                if answer.status == 200:
                    return process
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise RuntimeError(f"Streamlit did not start:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def streamlit_server(script: Path, env: Mapping[str, str] | None = None, port: int | None = None) -> Iterator[str]:
    """The URL of a server that runs `script`, ended on the way out."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = start_streamlit(script, env or {}, port, Path(folder) / "log.txt")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def chromium_page(width: int = 1440, height: int = 900, **context: Any) -> Iterator[Page]:
    """A page in a fresh Chromium profile; `context` goes to new_context (color_scheme="dark", ...).

    Raises RuntimeError where there is no browser: tests marked `browser` are skipped before that.
    """
    path = find_chromium()
    if path is None:
        raise RuntimeError("no Chromium or Chrome in PATH")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
            page.set_default_timeout(20_000)
            yield page
        finally:
            browser.close()


def settled(page: Page, timeout_ms: float = 30_000) -> None:
    """Wait until the script has run and the connection stands."""
    expect(page.locator(READY)).to_be_attached(timeout=timeout_ms)
