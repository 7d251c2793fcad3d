"""Numbers as people read them, in one place."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.numbers import count, counted, figure, share, signed


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (count(2341), "2,341"),
        (count(-2341), "−2,341"),
        (figure(-0.114), "−0.114"),
        (figure(0.5, 2), "0.50"),
        (figure(-0.0001), "0.000"),
        (figure(-1234.5, 1), "−1,234.5"),
        (signed(0.0614), "+0.061"),
        (signed(-0.0041), "−0.004"),
        (signed(-0.0004), "0.000"),
        (signed(0.0004), "0.000"),
        (share(0.7), "70 %"),
        (share(0.998), "99 %"),
        (share(1.0), "100 %"),
        (share(0.002), "1 %"),
        (share(0.0), "0 %"),
        (counted(1, "query", "queries"), "1 query"),
        (counted(2341, "passage"), "2,341 passages"),
    ],
)
def test_one_way_to_write_a_number(written, expected):
    assert written == expected
