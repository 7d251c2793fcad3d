"""The rooms of the house: who may import whom, what lies where, and how long a page may be.

Which rooms there are, and what each may import, is read from the table of rerank_core/README.md. What the other tests
allow is named here, each exception with its reason.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "rerank_core"
UI = ROOT / "pages" / "ui"
CORE = sorted(HOUSE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "pages").glob("*.py"))

SHARED = {"types", "errors", "text"}
ENTRIES = {"__init__", "__main__"}
CONSTANTS = {"rerank_core.__version__"}

# what a pure room takes beside itself and the shared files
PURE: dict[str, set[str]] = {
    "evaluation": set(),
    "inference": set(),
    "corpus/formats": set(),
    "judging/next_grade": {"rerank_core.judging.pool"},
}
LOADS_MODELS = "ranking"
MAY_IMPORT_RANKING = {"serving", "shell"}
STARTS_THE_WORKER = "pages/ui/cache.py"

MOST_CHILDREN = 14
MAY_HOLD_MORE = {
    "evaluation": "a concept per file",
    "retrieval": "a concept per file",
    "retrieval/engines": "an engine, and its templates, per file",
    "store": "a family of tables per file",
    "views": "a chart or table per file",
    "experiment": "a question that an experiment answers per file",
    "ranking": "a kind of work per file",
    "shell": "a kind of verb, and their options, per file",
    "corpus/formats": "a format per file",
    "rerankers/catalogue": "rows by origin, and a fact about rows per file",
}

PAGE_FOLDERS = {
    "0_Home": "home",
    "0_Invited": "invited",
    "1_Compare": "board",
    "2_Evaluate": "evaluate",
    "3_Data": "datasets",
    "4_Rerankers": "rerankers",
    "5_Inspect": "inspect",
    "6_Label": "label",
    "7_Agreement": "agreement",
    "8_LLM_grades": "llm",
    "9_Present": "present",
    "2_Tune": "tune",
    "2_Train": "train",
    "9_Traffic": "traffic",
}
ALL_PAGES_SHARE = {
    "__init__", "address", "asked", "cache", "doors", "failures", "frame", "glossary", "judge", "markdown", "menu",
    "roles", "rough_times", "search_settings", "sidebar", "state", "tables", "view", "work",
}  # fmt: skip
OUTBOX = "outbox"
INVITATIONS = "invitations"
QUERIES = "queries"
SEARCH = "search"
SERVER = "server"
HELD_OUT = "held_out"
ALL_FOLDERS_SHARE = {OUTBOX, INVITATIONS, QUERIES, SEARCH, SERVER, HELD_OUT}
# (who, whose module): why
ACROSS_PAGES = {
    ("agreement", "label.standing"): "whoever leads reads the verdict so far in the words that the judges read",
    ("home", "datasets.dropping"): "one's own files are dropped on Home, and looked at on Data",
    ("evaluate", "board.charts"): "one query of the whole set is drawn as on Compare",
    ("evaluate", "inspect.threshold"): "the threshold is the one that Inspect finds",
    ("evaluate", "label.page"): "what could decide is graded on Label's own desk, beside the verdict",
    ("evaluate", "label.answer"): "the same: what the desk was sent",
    ("invited", "evaluate.cache"): "a vote and a report are over the whole set's figures, kept once",
    ("invited", "label.page"): "a judge's invitation opens the desk of Label and nothing around it",
    ("invited", "label.answer"): "as above: what the desk is sent",
    ("invited", "present.vote"): "a voter sees what Present asks, on a screen of their own",
    ("llm", "evaluate.cache"): "grades by a model are checked against the whole set's figures, kept once",
    ("1_Compare", "inspect.link"): "a card leads to Inspect at its pair, and back to the card",
    ("tune", "label.page"): "what could decide a tuned system is graded on Label's own desk, below the answer",
    ("tune", "label.answer"): "the same: what the desk was sent",
    ("traffic", "datasets.uploads"): "logs are laid down as the files of Data are",
    ("5_Inspect", "llm.reads"): "what a language model would read stands under the pair that is inspected",
    ("7_Agreement", "label.page"): "the dataset is chosen as on Label",
    ("8_LLM_grades", "evaluate.cache"): "the whole set's figures, kept once",
    ("9_Present", "evaluate.cache"): "the whole set's figures, kept once",
}
TESTS_OF_NO_ROOM = {"support", "bench", "crash", "e2e", "gpu", "pages", "screenshots"}


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever it does; `from a import b` counts as "a.b".

    `import rerank_core` counts as what is taken of it: "rerank_core.__version__".
    """
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names if (alias.name, alias.asname) != ("rerank_core", None)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rerank_core":
            modules.add(f"rerank_core.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(modules)


def libraries(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.split(".")[0] for module in imports(path)}


def of_the_house(path: Path) -> list[tuple[str, str]]:
    """(room or file at the top, module) for each import of rerank_core; the room of the bare package is ""."""
    modules = [module for module in imports(path) if module.split(".")[0] == "rerank_core"]
    return [(f"{module}..".split(".")[1], module) for module in sorted(modules) if module not in CONSTANTS]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def files_of(room: str) -> list[Path]:
    return sorted((HOUSE / room).rglob("*.py"))


# --- the table of the README


@dataclass(frozen=True)
class Row:
    """A room: its floor, whether its folder is there by now, and what its cell "It may import" says."""

    floor: int
    is_there: bool
    cell: str


def table() -> dict[str, Row]:
    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    block = text.partition("<!-- rooms -->")[2].partition("<!-- /rooms -->")[0]
    rows = {}
    for line in block.strip().splitlines()[2:]:
        floor, room, _, cell = [part.strip() for part in line.strip("|").split("|")]
        match = re.fullmatch(r"`(\w+)/`|(\w+) \(to come\)", room)
        assert match, f"not the name of a room: {room}"
        rows[match[1] or match[2]] = Row(int(floor), match[1] is not None, cell)
    return rows


ROOMS = table()


def allowed(cell: str, rooms: Mapping[str, Row]) -> set[str]:
    """The rooms that a cell names."""
    result: set[str] = set()
    for part in cell.replace("`", "").split(", "):
        if match := re.fullmatch(r"floors 1 to (\d)", part):
            result |= {room for room, row in rooms.items() if row.floor <= int(match[1])}
        elif part == "everything":
            result |= set(rooms)
        elif part != "nothing":
            assert part in rooms, f"the table names no room {part}"
            result.add(part)
    return result


def rooms_in_sentence(pattern: str) -> set[str]:
    """The rooms that the README names within a sentence."""
    match = re.search(pattern, (HOUSE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert match, f"the README has no sentence like {pattern}"
    return set(re.findall(r"`([\w/]+)/`", match[1]))


MAY_IMPORT = {room: allowed(row.cell, ROOMS) - {room} for room, row in ROOMS.items()}


def test_the_table_has_every_room_and_no_other():
    folders = {path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {room for room, row in ROOMS.items() if row.is_there}


def test_the_table_has_no_circle_and_no_arrow_up():
    assert list(TopologicalSorter(MAY_IMPORT).static_order())
    upwards = {
        (room, other)
        for room, others in MAY_IMPORT.items()
        for other in others
        if ROOMS[other].floor > ROOMS[room].floor
    }
    assert upwards == set()


@pytest.mark.parametrize("room", [room for room, row in ROOMS.items() if row.is_there])
def test_a_room_imports_only_what_its_row_names(room):
    may = MAY_IMPORT[room] | SHARED | {room}
    wrong = [
        f"{name(path)} imports {module}"
        for path in files_of(room)
        for other, module in of_the_house(path)
        if other not in may
    ]
    assert not wrong, f"{room} may import {ROOMS[room].cell}"


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_imports_itself_and_the_shared_files(room):
    own = f"rerank_core.{room.replace('/', '.')}."
    extra = PURE[room]
    wrong = [
        f"{name(path)} imports {module}"
        for path in files_of(room)
        for other, module in of_the_house(path)
        if other not in SHARED
        and not f"{module}.".startswith(own)
        and not any(f"{module}.".startswith(f"{taken}.") for taken in extra)
    ]
    assert not wrong


def test_the_pure_rooms_are_those_of_the_readme():
    assert rooms_in_sentence(r"- \*\*Pure rooms\*\* (.*?), which also takes") == set(PURE)


def test_the_table_lets_only_the_shell_and_serving_import_ranking():
    assert {room for room, others in MAY_IMPORT.items() if LOADS_MODELS in others} == MAY_IMPORT_RANKING


def test_of_the_pages_only_the_start_of_the_worker_imports_ranking():
    users = {
        name(path)
        for path in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
        for other, _ in of_the_house(path)
        if other == LOADS_MODELS
    }
    assert users == {STARTS_THE_WORKER}


@pytest.mark.parametrize("shared", ["types", "errors"])
def test_types_and_errors_need_the_standard_library_only(shared):
    assert libraries(HOUSE / f"{shared}.py") <= sys.stdlib_module_names


def test_text_needs_nothing_of_the_house():
    assert of_the_house(HOUSE / "text.py") == []


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_never_imports_streamlit_pages_or_tests(path):
    assert not libraries(path) & {"streamlit", "pages", "tests"}


@pytest.mark.parametrize("path", [path for path in CORE if "views" not in path.parts], ids=name)
def test_altair_stays_in_views(path):
    assert "altair" not in libraries(path)


# --- what lies where


def test_no_loose_file_lies_at_the_top():
    assert {path.stem for path in HOUSE.glob("*.py")} == SHARED | ENTRIES


def children(folder: Path) -> list[str]:
    """The modules and sub-rooms of a room."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if (path.is_dir() and path.name != "__pycache__") or (path.suffix == ".py" and path.stem != "__init__")
    )


def rooms_and_sub_rooms() -> Iterator[str]:
    for path in sorted(HOUSE.rglob("__init__.py")):
        if path.parent != HOUSE:
            yield path.parent.relative_to(HOUSE).as_posix()


@pytest.mark.parametrize("room", [room for room in rooms_and_sub_rooms() if room not in MAY_HOLD_MORE])
def test_a_room_is_not_crowded(room):
    assert len(children(HOUSE / room)) <= MOST_CHILDREN, children(HOUSE / room)


def test_the_rooms_that_may_hold_more_are_those_of_the_readme():
    sentence = rf"- \*\*Size\*\*: a room holds at most {MOST_CHILDREN} children\. (.*?) may hold more"
    assert rooms_in_sentence(sentence) == set(MAY_HOLD_MORE)


def test_the_tests_mirror_the_rooms():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= {room for room, row in ROOMS.items() if row.is_there} | TESTS_OF_NO_ROOM


# --- pages


def folders_of_pages() -> set[str]:
    return {path.name for path in UI.iterdir() if path.is_dir() and path.name != "__pycache__"}


def test_loose_files_of_the_pages_are_those_that_all_share():
    assert {path.stem for path in UI.glob("*.py")} == ALL_PAGES_SHARE


def test_each_page_has_its_folder():
    assert {path.stem for path in SCRIPTS} == set(PAGE_FOLDERS)
    assert folders_of_pages() == {*PAGE_FOLDERS.values(), *ALL_FOLDERS_SHARE}


def across_pages() -> Iterator[tuple[str, str]]:
    """(who, whose module) for each import of a page's folder, or of a loose file, from another page's folder."""
    owners = {path: PAGE_FOLDERS.get(path.stem, path.stem) for path in [*SCRIPTS, *UI.glob("*.py")]}
    owners |= {path: path.relative_to(UI).parts[0] for path in UI.rglob("*.py") if path.parent != UI}
    folders = folders_of_pages() - ALL_FOLDERS_SHARE
    for path, owner in owners.items():
        who = path.stem if path in SCRIPTS else owner
        for module in imports(path):
            parts = module.split(".")
            if parts[:2] == ["pages", "ui"] and len(parts) > 2 and parts[2] in folders - {owner}:
                yield who, ".".join(parts[2:4])


def test_a_page_uses_another_pages_folder_only_where_it_is_named():
    found = set(across_pages())
    assert found - set(ACROSS_PAGES) == set(), "pages keep to their own folder, the shared files and the outbox"
    assert set(ACROSS_PAGES) - found == set(), "no longer needed: take the line out of ACROSS_PAGES"


@pytest.mark.parametrize("path", [ROOT / "app.py", *SCRIPTS], ids=name)
def test_pages_are_thin(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 90
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.For | ast.While | ast.BinOp)]
    assert "session_state" not in path.read_text(encoding="utf-8")


def test_only_the_state_and_the_board_touch_session_state():
    users = {path.name for path in UI.rglob("*.py") if "session_state" in path.read_text(encoding="utf-8")}
    assert users <= {"state.py", "board.py"}


def test_opening_the_app_imports_no_torch():
    code = "import sys, pages.ui.frame, pages.ui.view, pages.ui.outbox.commit, pages.ui.work, pages.ui.board.data; " \
        "print(*{'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == ""
