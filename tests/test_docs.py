"""What the README says works: its commands exist, its counts are those of the demo, its files are there."""

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
DEMO = ROOT / "data" / "demo"


def commands() -> list[str]:
    return [line.split("#")[0].strip() for line in README.splitlines() if line.startswith("python -m rerank_core ")]


@pytest.mark.parametrize("command", commands())
def test_each_command_line_of_the_readme_parses(command):
    words = shlex.split(command)[3:]
    assert parser().parse_args(words).verb in VERBS


def test_every_verb_has_a_function_and_help(capsys):
    for verb in VERBS:
        with pytest.raises(SystemExit) as stopped:
            parser().parse_args([verb, "--help"])
        assert stopped.value.code == 0
        # the app prints nothing to read
        assert ("--json" in capsys.readouterr().out) == (verb != "app")


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, re.MULTILINE))
def test_each_make_target_of_the_readme_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_each_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).exists()


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
