"""Where CI is set, a skip fails the run unless allowed_skips.txt has its reason: a skip proves nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("allowed_skips.txt")


def allowed(reason: str, lines: list[str]) -> bool:
    """Whether a line of the list begins the reason; blank lines and lines with # in front count for nothing."""
    starts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return any(reason.startswith(start) for start in starts)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    # pytest keeps (file, line, "Skipped: reason")
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


class Skips:
    """Collects the skips of one run, and fails the run for those that are not on the list."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.reasons[report.nodeid] = _reason(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.reasons[report.nodeid] = _reason(report)

    def _unlisted(self) -> list[str]:
        lines = LIST.read_text(encoding="utf-8").splitlines()
        return [f"{where}: {reason}" for where, reason in self.reasons.items() if not allowed(reason, lines)]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if os.environ.get("CI") and self._unlisted() and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if os.environ.get("CI") and (unlisted := self._unlisted()):
            terminalreporter.section(f"skipped for a reason that is not in {LIST.name}: a failure where CI is set")
            for line in unlisted:
                terminalreporter.line(line)
