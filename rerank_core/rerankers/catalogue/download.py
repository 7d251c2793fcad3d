"""Fetches a model from the hub. Called when a person asked for it, and never otherwise."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rerank_core.errors import CancelledError, NotReadyError, ProviderError
from rerank_core.rerankers.catalogue.local_folder import hub_cache, is_folder
from rerank_core.rerankers.catalogue.model import Model, readable_bytes
from rerank_core.types import Progress, no_progress

_NEVER = (
    "*.onnx",
    "onnx/*",
    "openvino/*",
    "coreml/*",
    "*.gguf",
    "*.h5",
    "*.msgpack",
    "*.ot",
    "*.tflite",
    "*.png",
    "*.jpg",
    "*.gif",
)


def download(model: Model, progress: Progress = no_progress) -> Path:
    """Download a model into the hub's cache and give its folder; files that are there already are not fetched again.

    `progress` counts bytes and is told after every few megabytes; when it raises, the download stops: the files that
    were complete stay for the next try, the one under way is dropped, and the model does not become ready. PyTorch's
    own format is fetched only where there are no safetensors.

    Raises NotReadyError for a model that is not on the hub, for a disk without the room
    and where HF_HUB_OFFLINE forbids it, ProviderError when the hub refuses, fails or cannot be reached, and whatever
    `progress` raises.
    """
    if not model.source or model.source == "bundled" or is_folder(model.source) or model.hosting == "api":
        raise NotReadyError(f"{model.label} is not a model of the hub: there is nothing to download")
    with _told_plainly(), _by_plain_http():
        return _fetch(model, progress)


def _fetch(model: Model, progress: Progress) -> Path:
    from huggingface_hub import HfApi, hf_hub_download

    facts = HfApi().model_info(model.source, files_metadata=True)
    files = _wanted({file.rfilename: file.size or 0 for file in facts.siblings or []})
    folder = _repo(model.source) / "snapshots" / str(facts.sha)
    total, done = sum(files.values()), 0
    if not files:
        raise ProviderError("Hugging Face", None, False, f"{model.source} holds no files")
    _make_room(sum(size for name, size in files.items() if not (folder / name).exists()))
    progress(0, total, model.source)
    for name, size in files.items():
        hf_hub_download(
            model.source,
            name,
            revision=facts.sha,
            cache_dir=hub_cache(),
            tqdm_class=_progress_bar(progress, done, total),
        )
        done += size
        progress(done, total, name)
    _name_main(model.source, str(facts.sha))
    return folder


def _wanted(files: dict[str, int]) -> dict[str, int]:
    """The files worth fetching, with their sizes: one format of weights, the smallest first."""
    from fnmatch import fnmatch

    kept = {name: size for name, size in files.items() if not any(fnmatch(name, pattern) for pattern in _NEVER)}
    if any(name.endswith(".safetensors") for name in kept):
        kept = {name: size for name, size in kept.items() if not name.endswith((".bin", ".pt", ".pth"))}
    return dict(sorted(kept.items(), key=lambda item: (item[1], item[0])))


def _make_room(needed: int) -> None:
    """Refuse before the first byte what would fill the disk."""
    place = hub_cache()
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    if needed > free:
        raise NotReadyError(f"the download needs {readable_bytes(needed)}, and {place} has {readable_bytes(free)} left")


def _repo(source: str) -> Path:
    return hub_cache() / f"models--{source.replace('/', '--')}"


def _name_main(source: str, commit: str) -> None:
    """Files fetched by commit leave no name for it; "main" is what `local_folder` looks for."""
    refs = _repo(source) / "refs"
    refs.mkdir(parents=True, exist_ok=True)
    (refs / "main").write_text(commit, "utf-8")


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Give the errors of the hub's library their names here."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    # the root of the errors of its HTTP library, which is httpx up to huggingface_hub 1 and httpx2 since
    transport: type[Exception] = HfHubHTTPError.__bases__[0]
    try:
        yield
    except (CancelledError, NotReadyError, ProviderError):
        raise
    except OfflineModeIsEnabled:
        raise NotReadyError("downloads are switched off: HF_HUB_OFFLINE is set") from None
    except GatedRepoError as error:
        problem = "the model needs an account that has accepted its terms (then set HF_TOKEN)"
        raise ProviderError("Hugging Face", error.response.status_code, False, problem) from None
    except RepositoryNotFoundError as error:
        problem = "there is no such model, or it is private (then set HF_TOKEN)"
        raise ProviderError("Hugging Face", error.response.status_code, False, problem) from None
    except HfHubHTTPError as error:
        status = error.response.status_code
        problem = "refused; is HF_TOKEN right?" if status in (401, 403) else "the download failed"
        raise ProviderError("Hugging Face", status, status >= 500 or status == 429, problem) from None
    except (transport, LocalEntryNotFoundError, ConnectionError) as error:
        raise ProviderError("Hugging Face", None, True, f"cannot be reached ({type(error).__name__})") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NotReadyError("the disk is full") from None
        if error.errno is not None:
            raise NotReadyError(f"{hub_cache()} cannot be written ({error.strerror})") from None
        # its own consistency checks have no number
        raise ProviderError("Hugging Face", None, True, "the download is not what was promised") from None


@contextmanager
def _by_plain_http() -> Iterator[None]:
    """Keep the hub's library from its second protocol (Xet) for a while.

    There the bytes are counted twice, in threads of another language, and nothing says that what `progress` raises
    would stop them.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_DISABLE_XET
    constants.HF_HUB_DISABLE_XET = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before


def _progress_bar(progress: Progress, before: int, total: int) -> Any:
    """A tqdm class that tells `progress` of bytes instead of drawing a bar."""
    from tqdm import tqdm

    class ByteCount(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})
            self._seen = int(kwargs.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            self._seen += int(n or 0)
            progress(before + self._seen, total, "")

    return ByteCount
