"""Room on the disk for an index: taken before it is written to, and missed in one clear sentence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.errors import RerankLensError

if TYPE_CHECKING:
    import numpy as np

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BLOCK = 2**20


@contextmanager
def full_disk_in_words(folder: Path) -> Iterator[None]:
    """Raise as RerankLensError what the system and the libraries say of a full disk while they write into `folder`."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not _says_full(error):
            raise
        raise RerankLensError(
            f"The disk is full: there is no room for the index in {folder}. Nothing else was changed. Make room, and "
            "try again."
        ) from error


def _says_full(error: OSError | RuntimeError) -> bool:
    if isinstance(error, OSError):
        # numpy counts what it could write, and gives no number: "4096 requested and 1024 written"
        return error.errno in _NO_ROOM or (error.errno is None and "written" in str(error))
    # faiss quotes the system
    return any(os.strerror(number) in str(error) for number in _NO_ROOM)


def new_array(path: Path, dtype: type[np.generic], shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """A new .npy file of zeros, mapped for writing, whose room is taken at once.

    Without it, the system would end the process where a page of the file finds no room. Raises OSError.
    """
    import numpy as np

    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.seek(array.offset)
            for start in range(array.offset, size, _BLOCK):
                file.write(bytes(min(_BLOCK, size - start)))
    return array
