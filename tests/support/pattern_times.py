"""How long a regular expression takes for texts, asked in a process of its own, which its clock may end.

A pattern that goes back without end cannot be stopped within a large process: raising from a signal's handler in the
middle of `re` once took a whole run of the tests down with it. Here the system ends the child, and the parent reads
how far it had come.

Run as a script: the question comes as JSON on standard input, a line of JSON goes out for each text before and after.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from typing import Any

LIMIT = 3.0
"""Seconds of the processor for one text and one method; a pattern that goes back without end is stopped then."""


def slow_ones(
    pattern: re.Pattern[str], methods: tuple[str, ...], texts: dict[str, tuple[str, str]], *, quick: float, times: float
) -> list[str]:
    """What grows too much: "search of <name>: 0.0100 s, then 0.6400 s"; [] where nothing does.

    `texts`: name -> (a short text, a long one of the same kind). A long text that takes less than `quick` seconds is
    not looked at again; else it may take `times` times as long as the short one. What comes after a text that took
    more than LIMIT is not tried.
    """
    asked = {
        "pattern": pattern.pattern,
        "flags": int(pattern.flags & ~re.DEBUG),
        "methods": methods,
        "texts": texts,
        "quick": quick,
        "times": times,
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", __file__], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    slow = [line["slow"] for line in lines if "slow" in line]
    if done.returncode == -signal.SIGPROF:
        return [*slow, f"{lines[-1]['trying']}: more than {LIMIT:g} s"]
    assert done.returncode == 0, done.stderr
    return slow


def _tell(**line: str) -> None:
    print(json.dumps(line), flush=True)


def _seconds(pattern: re.Pattern[str], method: str, text: str) -> float:
    """Of this process alone: others may be at work."""
    signal.setitimer(signal.ITIMER_PROF, LIMIT)  # its signal ends the process: nobody takes it
    started = time.process_time()
    if method == "sub":
        pattern.sub("", text)
    elif method == "finditer":
        sum(1 for _ in pattern.finditer(text))
    else:
        getattr(pattern, method)(text)
    return time.process_time() - started


def _answer(asked: dict[str, Any]) -> None:
    pattern = re.compile(asked["pattern"], asked["flags"])
    for method in asked["methods"]:
        for name, (short_text, long_text) in asked["texts"].items():
            _tell(trying=f"{method} of {name}")
            if _seconds(pattern, method, long_text) < asked["quick"]:
                continue
            short, long = (min(_seconds(pattern, method, text) for _ in "twice") for text in (short_text, long_text))
            if long > max(asked["times"] * short, asked["quick"]):
                _tell(slow=f"{method} of {name}: {short:.4f} s, then {long:.4f} s")


if __name__ == "__main__":
    _answer(json.loads(sys.stdin.read()))
