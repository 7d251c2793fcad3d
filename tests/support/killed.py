"""Work that is killed in the middle: a child process says each step that it has done, and dies right after one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def kill_after(steps: int, program: str, *arguments: str) -> list[str]:
    """Run `program` and kill it (SIGKILL) once it has printed so many lines; return the lines that it did print.

    The program prints a line from inside its work, so the kill lands there. It may get a little further meanwhile: all
    that it printed is returned. Fails where it ended by itself before, or with an error.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.strip())
            if len(lines) == steps:
                process.kill()
                break
        lines += [line.strip() for line in process.stdout if line.endswith("\n")]
        code = process.wait(60)
        assert code == -9, f"ended by itself with {code} after {len(lines)} lines: {process.stderr.read()[-2000:]}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
    return lines
