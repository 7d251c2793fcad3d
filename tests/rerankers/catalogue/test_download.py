"""Downloads from a local server that speaks the hub's protocol, each in a process of its own with a cache of its own.

The process is a clean one because huggingface_hub reads its settings once, when it is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rerank_core.errors import NotReadyError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.download import _wanted, download
from tests.conftest import ROOT
from tests.support.hub_server import COMMIT, Hub, hub_server

REPO = "birds/tern-reranker"
# larger than two of the chunks of ten million bytes that the hub's library reads
WEIGHTS = b"\x07" * 25_000_000
FILES = {
    "config.json": b"{}",
    "tokenizer.json": b'{"tokens": []}',
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"the same again",
    "onnx/model.onnx": b"and again",
    "1_Dense/config.json": b'{"in": 1}',
}
FETCHED = ["config.json", "1_Dense/config.json", "tokenizer.json", "model.safetensors"]

# downloads, and prints what was told, what was raised, and the state before and after
SCRIPT = """
import json, sys
from rerank_core.errors import CancelledError, NotReadyError, ProviderError
from rerank_core.rerankers.catalogue.catalog import model_from_name
from rerank_core.rerankers.catalogue.download import download
from rerank_core.rerankers.catalogue.state import state

model = model_from_name("cross-encoder", sys.argv[1])
stop_at = int(sys.argv[2])
told = []

def progress(done, total, message=""):
    told.append([done, total, message])
    if stop_at and done >= stop_at:
        raise CancelledError("stop")

before, folder, error, facts = state(model).kind, None, None, {}
try:
    folder = str(download(model, progress))
except (CancelledError, NotReadyError, ProviderError) as raised:
    error = f"{type(raised).__name__}: {raised}"
    facts = {"status": getattr(raised, "status", None), "retryable": getattr(raised, "retryable", None)}
after = state(model).kind
print(json.dumps({"before": before, "after": after, "folder": folder, "error": error, "told": told, **facts}))
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server(Hub(REPO, dict(FILES))) as hub:
        yield hub


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "hf"


def fetch(hub: Hub, cache: Path, name: str = REPO, stop_at: int = 0, **more: str) -> dict:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGINGFACE_"))}
    environment = kept | {"HF_ENDPOINT": hub.url, "HF_HOME": str(cache), "NO_PROXY": "*", "no_proxy": "*"} | more
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, name, str(stop_at)],
        env=environment, cwd=ROOT, timeout=90, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def partial_files(cache: Path) -> list[Path]:
    return list(cache.rglob("*.incomplete"))


def test_a_download_makes_the_model_ready_and_leaves_its_files_where_they_are_looked_for(hub, cache) -> None:
    result = fetch(hub, cache)
    assert (result["before"], result["after"], result["error"]) == ("needs-download", "ready", None)
    folder = Path(result["folder"])
    assert folder.parent.name == "snapshots"
    assert folder.name == COMMIT
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == {
        name: FILES[name] for name in FETCHED
    }


def test_only_one_format_of_weights_is_fetched_and_the_largest_file_last(hub, cache) -> None:
    fetch(hub, cache)
    assert hub.fetched == FETCHED


def test_progress_counts_bytes_from_nothing_to_all_and_within_a_file(hub, cache) -> None:
    told = fetch(hub, cache)["told"]
    total = sum(len(FILES[name]) for name in FETCHED)
    assert told[0] == [0, total, REPO]
    assert told[-1] == [total, total, "model.safetensors"]
    counts = [done for done, _, _ in told]
    assert counts == sorted(counts)
    assert {of for _, of, _ in told} == {total}
    assert [done for done in counts if total - len(WEIGHTS) < done < total]


def test_a_cancelled_download_stops_within_a_file_and_leaves_nothing_ready(hub, cache) -> None:
    result = fetch(hub, cache, stop_at=5_000_000)
    assert result["error"] == "CancelledError: stop"
    assert result["after"] == "needs-download"
    assert result["told"][-1][0] < len(WEIGHTS)
    assert partial_files(cache) == []


def test_the_next_try_fetches_only_what_is_missing(hub, cache) -> None:
    fetch(hub, cache, stop_at=5_000_000)
    hub.fetched.clear()
    result = fetch(hub, cache)
    assert result["after"] == "ready"
    assert hub.fetched == ["model.safetensors"]
    hub.fetched.clear()
    assert fetch(hub, cache)["after"] == "ready"
    assert hub.fetched == []


@pytest.mark.parametrize(
    ("trouble", "status", "retryable"), [(500, 500, True), (404, 404, False), ("short", None, True)]
)
def test_a_failure_in_the_middle_is_told_and_leaves_nothing_ready(
    hub, cache, trouble: int | str, status: int | None, retryable: bool
) -> None:
    hub.trouble["model.safetensors"] = trouble
    result = fetch(hub, cache)
    assert result["error"].startswith("ProviderError: Hugging Face: the download")
    assert (result["status"], result["retryable"]) == (status, retryable)
    assert result["after"] == "needs-download"
    assert partial_files(cache) == []


def test_a_cut_connection_is_taken_up_again_where_it_broke(hub, cache) -> None:
    hub.trouble["model.safetensors"] = "cut"
    result = fetch(hub, cache)
    assert result["after"] == "ready"
    assert hub.fetched == [*FETCHED, "model.safetensors"]
    assert (Path(result["folder"]) / "model.safetensors").read_bytes() == WEIGHTS
    counts = [done for done, _, _ in result["told"]]
    assert counts == sorted(counts)


def test_an_unknown_model_is_told_so(hub, cache) -> None:
    result = fetch(hub, cache, "birds/no-such-model")
    assert "there is no such model, or it is private" in result["error"]
    assert result["retryable"] is False
    assert not (cache / "hub" / "models--birds--no-such-model").exists()


def test_a_model_behind_terms_is_told_so(hub, cache) -> None:
    hub.trouble["api"] = "gated"
    result = fetch(hub, cache)
    assert "accepted its terms" in result["error"]
    assert (result["status"], result["retryable"]) == (403, False)


def test_a_hub_that_fails_or_is_not_there_is_told_so_and_may_be_tried_again(hub, cache) -> None:
    hub.trouble["api"] = 503
    assert (fetch(hub, cache)["status"], fetch(hub, cache)["retryable"]) == (503, True)
    # port 9 is nobody's
    result = fetch(hub, cache, HF_ENDPOINT="http://127.0.0.1:9")
    assert result["error"].startswith("ProviderError: Hugging Face: cannot be reached")
    assert result["retryable"] is True


def test_a_wrong_token_is_told_of_and_never_told(hub, cache) -> None:
    hub.trouble["api"] = 401
    result = fetch(hub, cache, HF_TOKEN="hf_secret")
    assert result["error"] == "ProviderError: Hugging Face: refused; is HF_TOKEN right? (HTTP 401)"
    assert "hf_secret" not in json.dumps(result)


def test_offline_mode_forbids_a_download_and_says_so(hub, cache) -> None:
    result = fetch(hub, cache, HF_HUB_OFFLINE="1")
    assert result["error"] == "NotReadyError: downloads are switched off: HF_HUB_OFFLINE is set"
    assert hub.fetched == []


def test_a_disk_without_the_room_is_refused_before_the_first_byte(cache, monkeypatch) -> None:
    from rerank_core.rerankers.catalogue import download as module

    monkeypatch.setenv("HF_HOME", str(cache))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    free = module.shutil.disk_usage(cache.parent).free
    with pytest.raises(NotReadyError, match="left"):
        module._make_room(free + 10**12)


@pytest.mark.parametrize(
    "model", [get("first-stage"), get("minilm-cosine"), model_from_name("cross-encoder", "./here")]
)
def test_what_is_not_on_the_hub_has_nothing_to_download(model) -> None:
    with pytest.raises(NotReadyError, match="nothing to download"):
        download(model)


def test_pytorchs_own_format_is_fetched_where_there_is_no_other() -> None:
    assert _wanted({"pytorch_model.bin": 5, "config.json": 1, "flax_model.msgpack": 5}) == {
        "config.json": 1,
        "pytorch_model.bin": 5,
    }
