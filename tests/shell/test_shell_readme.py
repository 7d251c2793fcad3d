"""What the README says of the shell: its workflow parses, its exit codes and its rule are the program's."""

from __future__ import annotations

import re
import shlex

import yaml

from rerank_core.shell import answer
from rerank_core.shell.options import parser
from rerank_core.shell.verbs import VERBS
from tests.test_docs import README


def workflow():
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    return yaml.safe_load(block)


def test_each_command_of_the_workflow_parses():
    steps = workflow()["jobs"]["gate"]["steps"]
    commands = [shlex.split(step["run"]) for step in steps if "rerank_core" in step.get("run", "")]
    assert [parser().parse_args(words[3:]).verb for words in commands] == ["import", "run", "gate", "report"]


def test_the_workflow_compares_what_it_ranked():
    steps = workflow()["jobs"]["gate"]["steps"]
    options = [
        parser().parse_args(shlex.split(step["run"])[3:]) for step in steps if "rerank_core" in step.get("run", "")
    ]
    ranked, gate = options[1], options[2]
    assert {gate.baseline, gate.system} == set(ranked.systems)
    assert (gate.dataset, gate.depth, gate.settings) == (ranked.dataset, ranked.depth, ranked.settings)


def test_the_exit_codes_are_those_of_the_help():
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert documented == {answer.DONE, answer.NO, answer.USAGE, answer.NOTHING, answer.FAILED, answer.STOPPED}
    assert {int(code) for code in re.findall(r"^ +(\d+)  ", answer.CODES, re.MULTILINE)} == documented


def test_the_readme_names_each_verb_that_decides_or_writes():
    for verb in ("compare", "gate", "report", "export"):
        assert verb in VERBS
        assert f"python -m rerank_core {verb} " in README
