"""The board's rules run under node's own test runner; its script is one module."""

from pathlib import Path

import pytest

from pages.ui.board.board import board_script
from tests.support.node import is_one_module, needs_node, passes_its_node_tests, sets_no_markup


@needs_node
@pytest.mark.parametrize("script", sorted(Path(__file__).parent.glob("*.test.js")), ids=lambda path: path.name)
def test_the_rules_pass_their_node_tests(script):
    passes_its_node_tests(script)


@needs_node
def test_the_joined_script_is_one_module_with_a_default_export_and_no_imports(tmp_path):
    is_one_module(board_script(), tmp_path)


def test_nothing_is_ever_set_as_markup():
    sets_no_markup(board_script())
