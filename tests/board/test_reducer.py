"""The board's rules run under node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pages.ui.board.board import board_script

NODE = shutil.which("node") or ""
needs_node = pytest.mark.skipif(not NODE, reason="node is not installed")


@needs_node
def test_the_reducer_passes_its_node_tests():
    script = Path(__file__).with_name("reducer.test.js")
    done = subprocess.run([NODE, "--test", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_node
def test_the_joined_script_is_one_module_with_a_default_export_and_no_imports(tmp_path):
    module = tmp_path / "board.mjs"
    module.write_text(board_script(), encoding="utf-8")
    code = f"import({str(module)!r}).then((m) => console.log(Object.keys(m).join(), typeof m.default))"
    done = subprocess.run([NODE, "-e", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "default function", done.stderr


def test_nothing_is_ever_set_as_markup():
    assert not [word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(") if word in board_script()]
