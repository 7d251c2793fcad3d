"""Sizes of files in words: "12 MB"."""

from __future__ import annotations

from rerank_core.evaluation.numbers import counted


def file_size(count: int) -> str:
    """Bytes in the unit that people use.

    >>> file_size(0), file_size(900), file_size(12_300_000)
    ('0 bytes', '900 bytes', '12 MB')
    """
    if count < 1000:
        return counted(count, "byte")
    for unit, size in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < 1000 * size or unit == "GB":
            value = count / size
            return f"{value:,.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"
    return ""
