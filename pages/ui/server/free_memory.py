"""What no page uses any more, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def free_memory() -> None:
    """Collect what ended sessions left, and return its pages of memory where the C library keeps them (glibc)."""
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
