"""Rates are kept for the next process, and no state of the file or its folder is ever an error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rerank_core.inference.choice.kept_rates import FILE, cache_folder, keep_rates, kept_rates

NAMES = ("torch", "onednn", "openvino")
RATES = {"onednn": 160.5, "torch": 90.0}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RERANK_LENS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_kept_is_read_in_the_order_that_is_asked_for(cache: Path) -> None:
    assert kept_rates("this machine", NAMES) is None
    keep_rates("this machine", RATES)
    keep_rates("another", {"torch": 1})
    assert list((kept_rates("this machine", NAMES) or {}).items()) == [("torch", 90.0), ("onednn", 160.5)]
    assert kept_rates("a third", NAMES) is None
    assert [file.name for file in cache.iterdir()] == [FILE]


def test_rates_of_what_is_not_a_candidate_any_more_say_nothing() -> None:
    keep_rates("this machine", RATES)
    assert kept_rates("this machine", ("torch",)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"form": 1, "gflops_a_core": 3}',
        b'{"form": 2, "gflops_a_core": {"this machine": {"torch": 1}}}',
        *(
            json.dumps({"form": 1, "gflops_a_core": {"this machine": own}}).encode()
            for own in (
                [],
                {},
                {"torch": "90"},
                {"torch": True},
                {"torch": -1},
                {"torch": float("nan")},
                {"torch": None},
            )
        ),
    ],
)
def test_a_damaged_file_holds_nothing_and_is_written_anew(cache: Path, content: bytes) -> None:
    cache.mkdir()
    (cache / FILE).write_bytes(content)
    assert kept_rates("this machine", NAMES) is None
    keep_rates("this machine", RATES)
    assert kept_rates("this machine", NAMES) == RATES


def test_a_folder_that_cannot_be_written_costs_the_keeping_alone(cache: Path) -> None:
    cache.write_text("a file in the folder's place")
    keep_rates("this machine", RATES)
    assert kept_rates("this machine", NAMES) is None
    cache.unlink()
    (cache / FILE).mkdir(parents=True)
    keep_rates("this machine", RATES)
    assert kept_rates("this machine", NAMES) is None
    assert [file.name for file in cache.iterdir()] == [FILE]


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("RERANK_LENS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", none)
    keep_rates("this machine", RATES)
    assert kept_rates("this machine", NAMES) is None


def test_it_lies_in_the_users_cache_where_no_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RERANK_LENS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "rerank-lens"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "rerank-lens"


def test_two_processes_that_keep_at_once_leave_a_whole_file(cache: Path) -> None:
    program = "from rerank_core.inference.choice.kept_rates import keep_rates\nimport sys\n" + (
        "for number in range(100): keep_rates(f'{sys.argv[1]} {number}', {'torch': number + 1})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, name]) for name in ("one", "two")]
    looks = 0
    while any(writer.poll() is None for writer in writers):
        if (cache / FILE).exists():
            json.loads((cache / FILE).read_bytes())
            looks += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert looks > 0
    # whoever wrote last has its last entry there, and no half file is left beside it
    assert 100.0 in [(kept_rates(f"{name} 99", NAMES) or {}).get("torch") for name in ("one", "two")]
    assert [file.name for file in cache.iterdir()] == [FILE]
