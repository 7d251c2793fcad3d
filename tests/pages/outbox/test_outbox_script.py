"""The outbox's rules run under node's own test runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.node import needs_node, passes_its_node_tests


@needs_node
@pytest.mark.parametrize("script", sorted(Path(__file__).parent.glob("*.test.js")), ids=lambda path: path.name)
def test_the_rules_pass_their_node_tests(script):
    passes_its_node_tests(script)
