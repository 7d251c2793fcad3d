"""What nothing uses any more, given back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


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
