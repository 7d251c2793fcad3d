"""Bytes kept in mapped files: what a crash leaves, several writers, and the bound."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rerank_core.errors import SettingsError
from rerank_core.store.passages import VARIABLE, StoredPassages

ROOT = Path(__file__).resolve().parent.parent.parent
WRITER = """
import sys
from pathlib import Path
from rerank_core.store.passages import StoredPassages
store, who = StoredPassages(Path(sys.argv[1]), file_bytes=20_000), sys.argv[2]
sys.stdin.readline()
for number in range(60):
    own = {f"{who}-{number}-{part}": f"{who} {number} {part} ".encode() * (50 + number) for part in range(3)}
    assert store.put_many("m", own)
    assert {name: bytes(data) for name, data in store.get_many("m", list(own)).items()} == own
"""
DIES = """
import os, sys
from pathlib import Path
from rerank_core.store import passages
passages.os.fsync = lambda handle: os._exit(9)
passages.StoredPassages(Path(sys.argv[1])).put_many("m", {"late": b"never committed" * 100})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "passages"


def kept(store: StoredPassages, *hashes: str, model: str = "m") -> dict[str, bytes]:
    return {text: bytes(data) for text, data in store.get_many(model, hashes).items()}


def data_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.bin"))


def test_what_was_put_is_there_for_its_model_and_for_another_opening(folder):
    StoredPassages(folder).put_many("m", {"a": b"first", "b": b"second " * 100})
    again = StoredPassages(folder)
    assert kept(again, "a", "b", "c") == {"a": b"first", "b": b"second " * 100}
    assert kept(again, "a", model="other") == {}
    assert kept(again) == {}


def test_a_thousand_are_asked_for_at_once(folder):
    items = {str(number): str(number).encode() for number in range(1201)}
    StoredPassages(folder).put_many("m", items)
    assert kept(StoredPassages(folder), *items) == items


def test_an_open_store_sees_what_another_appended(folder):
    reader, writer = StoredPassages(folder), StoredPassages(folder)
    writer.put_many("m", {"a": b"first"})
    held = reader.get_many("m", ["a"])["a"]
    writer.put_many("m", {"b": b"second"})
    assert kept(reader, "a", "b") == {"a": b"first", "b": b"second"}
    assert bytes(held) == b"first"


def test_what_is_put_again_is_replaced(folder):
    store = StoredPassages(folder)
    store.put_many("m", {"a": b"first"})
    store.put_many("m", {"a": b"other"})
    assert kept(store, "a") == {"a": b"other"}


def test_a_view_can_be_read_as_numbers_in_place(folder):
    import numpy as np

    store = StoredPassages(folder)
    numbers = np.arange(7, dtype=np.float32)
    store.put_many("m", {"odd": b"123", "numbers": numbers.tobytes()})
    view = store.get_many("m", ["numbers"])["numbers"]
    assert view.view(np.float32).tolist() == numbers.tolist()
    assert view.ctypes.data % 64 == 0
    # a write stays in this process, as torch may do one
    view[:] = 0
    assert StoredPassages(folder).get_many("m", ["numbers"])["numbers"].view(np.float32).tolist() == numbers.tolist()


def test_bytes_without_a_row_do_not_count_and_are_written_over(folder):
    store = StoredPassages(folder)
    store.put_many("m", {"a": b"first"})
    (file,) = data_files(folder)
    size = file.stat().st_size
    with file.open("ab") as torn:
        torn.write(b"half of a record" * 1000)
    fresh = StoredPassages(folder)
    assert kept(fresh, "a") == {"a": b"first"}
    fresh.put_many("m", {"b": b"second"})
    assert kept(StoredPassages(folder), "a", "b") == {"a": b"first", "b": b"second"}
    assert file.stat().st_size == size + 64


def test_a_process_that_dies_between_data_and_row_leaves_nothing_that_counts(folder):
    StoredPassages(folder).put_many("m", {"a": b"first"})
    died = subprocess.run([sys.executable, "-c", DIES, str(folder)], cwd=ROOT, timeout=60, check=False)
    assert died.returncode == 9
    assert b"never committed" in data_files(folder)[0].read_bytes()
    store = StoredPassages(folder)
    assert kept(store, "a", "late") == {"a": b"first"}
    store.put_many("m", {"b": b"second"})
    assert kept(store, "a", "b") == {"a": b"first", "b": b"second"}
    # a record begins at a multiple of 64
    data = data_files(folder)[0].read_bytes()
    assert (data[:5], data[64:70], len(data)) == (b"first", b"second", 128)


def test_two_processes_append_at_once(folder):
    """From the very first opening on, over several data files."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), who], cwd=ROOT, stdin=subprocess.PIPE)
        for who in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.close()
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    expected = {
        f"{who}-{number}-{part}": f"{who} {number} {part} ".encode() * (50 + number)
        for who in ("one", "two")
        for number in range(60)
        for part in range(3)
    }
    assert kept(StoredPassages(folder), *expected) == expected
    assert len(data_files(folder)) > 1


def test_the_oldest_file_goes_when_the_bound_is_reached(folder):
    store = StoredPassages(folder, most_bytes=10 * 640, file_bytes=2 * 640)
    for number in range(40):
        assert store.put_many("m", {str(number): bytes([number]) * 640})
        assert sum(file.stat().st_size for file in data_files(folder)) <= 10 * 640
    found = kept(StoredPassages(folder), *map(str, range(40)))
    # the newest stay, in files of two
    assert sorted(map(int, found)) == list(range(40 - len(found), 40))
    assert len(found) in (9, 10)
    assert all(data == bytes([int(text)]) * 640 for text, data in found.items())


def test_a_view_outlives_its_file(folder):
    store = StoredPassages(folder, most_bytes=1280, file_bytes=640)
    store.put_many("m", {"a": b"a" * 640})
    view = store.get_many("m", ["a"])["a"]
    for name in "bcd":
        store.put_many("m", {name: name.encode() * 640})
    assert kept(store, "a") == {}
    assert bytes(view) == b"a" * 640


def test_what_is_larger_than_the_bound_is_not_kept_and_costs_the_others_nothing(folder):
    store = StoredPassages(folder, most_bytes=1280)
    store.put_many("m", {"a": b"first"})
    assert not store.put_many("m", {"huge": b"x" * 1281})
    assert kept(store, "a", "huge") == {"a": b"first"}


def test_the_folder_may_be_deleted_under_an_open_store(folder):
    store = StoredPassages(folder)
    store.put_many("m", {"a": b"first"})
    assert kept(store, "a") == {"a": b"first"}
    shutil.rmtree(folder)
    assert kept(store, "a") == {}
    assert store.put_many("m", {"a": b"other"})
    assert kept(store, "a") == {"a": b"other"}


def test_a_data_file_that_is_gone_or_cut_is_a_miss_and_is_made_anew(folder):
    store = StoredPassages(folder, file_bytes=640)
    store.put_many("m", {"a": b"a" * 640})
    store.put_many("m", {"b": b"b" * 640})
    first, second = data_files(folder)
    first.unlink()
    second.write_bytes(b"short")
    fresh = StoredPassages(folder)
    assert kept(fresh, "a", "b") == {}
    assert fresh.put_many("m", {"a": b"A" * 640, "b": b"B" * 640})
    assert kept(fresh, "a", "b") == {"a": b"A" * 640, "b": b"B" * 640}


def test_a_broken_index_is_begun_again(folder):
    store = StoredPassages(folder)
    store.put_many("m", {"a": b"first"})
    (folder / "index.db").write_bytes(b"no database at all " * 100)
    assert kept(store, "a") == {}
    assert store.put_many("m", {"a": b"again"})
    assert kept(store, "a") == {"a": b"again"}
    # the bytes that nothing points to any more are gone
    assert len(data_files(folder)) == 1


def test_a_folder_that_cannot_be_made_keeps_nothing_and_raises_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = StoredPassages(tmp_path / "file" / "passages")
    assert kept(store, "a") == {}
    assert not store.put_many("m", {"a": b"first"})


def test_the_environment_names_the_bound(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    store = StoredPassages(folder)
    for number in range(60):
        assert store.put_many("m", {str(number): bytes(50_000)})
        assert sum(file.stat().st_size for file in data_files(folder)) <= 2**20
    left = [int(name) for name in kept(store, *map(str, range(60)))]
    assert min(left) > 30, "what came first went first"
    assert len(left) >= 15, "what goes as a whole is a small part"


@pytest.mark.parametrize("named", ["none", "0", "-1", "1.5", "9" * 30])
def test_a_bound_that_is_none_is_refused(folder, monkeypatch, named):
    monkeypatch.setenv(VARIABLE, named)
    with pytest.raises(SettingsError, match=f"{VARIABLE} is a whole number"):
        StoredPassages(folder)
