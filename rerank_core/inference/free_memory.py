"""What nothing uses any more, given back to the system, and kept where it can be."""

from __future__ import annotations

import ctypes
import gc
import sys

_M_ARENA_MAX = -8  # malloc.h
ARENAS = 2
"""So many parts of memory that threads take theirs from; glibc would make eight for each processor."""


def few_arenas() -> None:
    """Have threads share `ARENAS` parts of memory from now on, where the C library is glibc.

    A part goes back to the system only where its end is free, and each new thread of a page takes the next part: with
    many of them a server's memory grows for hours. Threads that hold Python's lock hardly ever wait for a part.
    """
    if sys.platform == "linux" and (choose := getattr(ctypes.CDLL(None), "mallopt", None)):
        choose(_M_ARENA_MAX, ARENAS)


def free_memory() -> None:
    """Collect what nothing refers to, and return its memory where the C library (glibc) or CUDA keeps it.

    Imports nothing: without torch there is nothing of a GPU's to give back.
    """
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
