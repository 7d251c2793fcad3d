"""What tests/gpu/run.sh holds on a GPU, held on this CPU: every way through attention gives what the formula does."""

from __future__ import annotations

from rerank_core.inference.encoders import attention
from tests.gpu.attention_paths import attention_rows


def test_every_path_gives_what_the_formula_does():
    rows = attention_rows("cpu")
    assert {"by_sequence", "padded", "near_by_sequence", "near_padded", "flash"} <= {row["path"] for row in rows}
    run = [row for row in rows if row["worst"] is not None]
    assert [row for row in run if not row["right"]] == []
    assert {(row["path"], row["type"], row["asks"]) for row in run} >= {
        (path, kind, asks)
        for path in ("by_sequence", "padded")
        for kind in ("float32", "bfloat16")
        for asks in ("every token", "the first token")
    }


def test_a_path_that_reads_another_sequences_tokens_is_told(monkeypatch):
    right = attention.padded

    def padded(query, keys, values, lengths, heads, *near):
        return right(query, keys.roll(1, 0), values, lengths, heads, *near)

    padded.__module__ = attention.__name__
    monkeypatch.setattr(attention, "padded", padded)
    told = {row["path"] for row in attention_rows("cpu") if row["right"] is False}
    assert told == {"padded", "near_padded"}
