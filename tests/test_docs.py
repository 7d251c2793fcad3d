"""What the papers say is so: commands parse, links and paths lead somewhere, counts are those of the demo."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from rerank_core.shell.options import parser
from rerank_core.shell.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = (ROOT / "rerank_core" / "shell" / "README.md").read_text(encoding="utf-8")
HOUSE = ROOT / "rerank_core" / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DEMO = ROOT / "data" / "demo"
ROOMS = sorted(ROOT.glob("rerank_core/**/README.md"))
PAPERS = [ROOT / "README.md", CONTRIBUTING, ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", DEMO / "README.md", *ROOMS]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands(text: str) -> list[str]:
    """Lines that call a verb, without their comments; `rerank-lens` alone opens the app and has no options."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line.startswith("rerank-lens ")]


@pytest.mark.parametrize("command", sorted({*commands(README), *commands(SHELL)}))
def test_each_command_line_of_the_papers_parses(command):
    words = shlex.split(command)[1:]
    assert parser().parse_args(words).verb in VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_the_paper_on_the_command_line_names_each_verb(verb):
    assert re.search(rf"`{verb}`|rerank-lens {verb}\b", SHELL)


def test_every_verb_has_a_function_and_help(capsys):
    for verb in VERBS:
        with pytest.raises(SystemExit) as stopped:
            parser().parse_args([verb, "--help"])
        assert stopped.value.code == 0
        # the app prints nothing to read
        assert ("--json" in capsys.readouterr().out) == (verb != "app")


@pytest.mark.parametrize("paper", [ROOT / "README.md", CONTRIBUTING], ids=name)
def test_each_make_target_that_is_named_exists(paper):
    targets = re.findall(r"^make ([\w-]+)|`make ([\w-]+)`", paper.read_text(encoding="utf-8"), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert [one for pair in targets for one in pair if one and not re.search(rf"^{one}:", makefile, re.MULTILINE)] == []


def anchors(path: Path) -> set[str]:
    """What a link may name after "#": the headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("paper", PAPERS, ids=name)
def test_each_link_of_the_papers_leads_somewhere(paper):
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", paper.read_text(encoding="utf-8"))
    targets = [(paper.parent / path if path else paper, anchor) for path, anchor in links]
    assert [str(path) for path, _ in targets if not path.exists()] == []
    assert [anchor for path, anchor in targets if anchor and anchor not in anchors(path)] == []


def paths(paper: Path) -> set[str]:
    """What stands between backticks and looks like a file or a folder."""
    quoted = re.findall(r"`([\w.-]+(?:/[\w.-]*)*)`", paper.read_text(encoding="utf-8"))
    return {one for one in quoted if "/" in one or re.search(r"\.(py|md|toml|lock|js|txt)$", one)}


@pytest.mark.parametrize("paper", [CONTRIBUTING, *ROOMS], ids=name)
def test_each_path_that_is_named_exists(paper):
    """From the paper's own folder, from the house, or from the top of the repository."""
    tops = (paper.parent, ROOT / "rerank_core", ROOT)
    assert [path for path in sorted(paths(paper)) if not any((top / path).exists() for top in tops)] == []


def test_the_house_and_contributing_name_paths():
    assert all(len(paths(paper)) > 5 for paper in (HOUSE, CONTRIBUTING))


def test_the_newcomers_paper_is_short():
    assert len(README.splitlines()) <= 160


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_demo_is_what_its_readmes_say():
    passages, queries = lines(DEMO / "corpus.jsonl"), lines(DEMO / "queries.jsonl")
    grades = [row.split("\t") for row in (DEMO / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    counts = f"{len(passages)} passages, {len(queries)} queries, {len(grades):,} grades"
    assert counts in README
    words = sorted(len(passage["text"].split()) for passage in passages)
    own = (DEMO / "README.md").read_text(encoding="utf-8")
    assert f"| {len(passages)}, of {words[0]} to {words[-1]} words" in own
    by_grade = [sum(row[2] == str(grade) for row in grades) for grade in (3, 2, 1, 0)]
    assert f"| {by_grade[0]} / {by_grade[1]} / {by_grade[2]} / {by_grade[3]:,} |" in own
    assert {row[0] for row in grades} == {query["_id"] for query in queries}
    assert {row[1] for row in grades} <= {passage["_id"] for passage in passages}


def test_the_demo_has_each_hard_case_as_often_as_its_readme_says():
    own = (DEMO / "README.md").read_text(encoding="utf-8")
    said = {tag: int(count) for tag, count in re.findall(r"\| `([\w-]+)` \| (\d+) \|", own)}
    tags = [tag for query in lines(DEMO / "queries.jsonl") for tag in query["metadata"]["tags"]]
    assert said == {tag: tags.count(tag) for tag in set(tags)}


def test_no_passage_of_the_demo_is_there_twice():
    texts = [passage["text"] for passage in lines(DEMO / "corpus.jsonl")]
    assert len(set(texts)) == len(texts)
