"""What the paper on the command line says: its workflow parses, its exit codes are the program's."""

from __future__ import annotations

import re
import shlex

import yaml

from rerank_core.shell import answer
from rerank_core.shell.options import parser
from tests.test_docs import SHELL


def workflow():
    (block,) = re.findall(r"```yaml\n(.*?)```", SHELL, re.DOTALL)
    return yaml.safe_load(block)


def calls(steps):
    """The parsed options of each step that calls the program."""
    commands = [shlex.split(step["run"]) for step in steps if "run" in step]
    return [parser().parse_args(words[1:]) for words in commands if words[0] == "rerank-lens"]


def test_each_command_of_the_workflow_parses():
    steps = workflow()["jobs"]["gate"]["steps"]
    assert [options.verb for options in calls(steps)] == ["import", "run", "gate", "report"]


def test_the_workflow_compares_what_it_ranked():
    steps = workflow()["jobs"]["gate"]["steps"]
    _, ranked, gate, _ = calls(steps)
    assert {gate.baseline, gate.system} == set(ranked.systems)
    assert (gate.dataset, gate.depth, gate.settings) == (ranked.dataset, ranked.depth, ranked.settings)


def test_the_exit_codes_are_those_of_the_help():
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", SHELL, re.MULTILINE)}
    assert documented == {answer.DONE, answer.NO, answer.USAGE, answer.NOTHING, answer.FAILED, answer.STOPPED}
    assert {int(code) for code in re.findall(r"^ +(\d+)  ", answer.CODES, re.MULTILINE)} == documented
