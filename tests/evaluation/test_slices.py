from rerank_core.evaluation.slices import slice_deltas

DELTAS = {"q1": 0.5, "q2": -0.25, "q3": 0.0, "q4": -0.5}


def test_the_slice_that_is_hurt_most_stands_first_and_empty_ones_last():
    rows = slice_deltas(
        DELTAS, {"all": DELTAS, "nobody": [], "short": ["q2", "q4"], "long": ["q1", "q3"], "gone": ["x"]}
    )
    assert [(row.name, row.n, row.mean) for row in rows] == [
        ("short", 2, (-0.25 - 0.5) / 2),
        ("all", 4, (0.5 - 0.25 + 0 - 0.5) / 4),
        ("long", 2, (0.5 + 0) / 2),
        ("nobody", 0, None),
        ("gone", 0, None),
    ]
    assert (rows[1].wins, rows[1].losses, rows[1].ties) == (1, 2, 1)


def test_a_query_named_twice_in_a_slice_counts_once():
    assert slice_deltas(DELTAS, {"s": ["q1", "q1", "q3"]})[0].n == 2
