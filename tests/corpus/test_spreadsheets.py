"""Tables for people: no cell of a CSV is a formula, and nothing else is touched."""

from __future__ import annotations

import csv
import io

import pytest

from rerank_core.corpus.spreadsheets import csv_text, harmless


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://127.0.0.1/?x="&A1,"open")',
        "=1+1",
        "+1+1",
        "-2+3",
        "-",
        "@SUM(1+1)",
        "\t=1+1",
        "\tplain",
        "\r=1+1",
        "\nplain",
        "＝1+1",
        "＋1+1",
        "－1+1",
        "＠SUM(1)",
        "  =1+1",
        "\u00a0=1+1",
        "\ufeff=1+1",
        "\u200b=1+1",
        '"=1+1"',
        '""=1+1',
        "+49 30 1234",
        "-1,5",
        "=-1.5",
        "-٥",
    ],
)
def test_a_text_that_would_run_begins_with_an_apostrophe(text):
    assert str(harmless(text)).startswith("'")
    assert str(harmless(text)).replace("'", "") == text


@pytest.mark.parametrize(
    "value",
    [
        *("plain", "", "a = b", "a-b", "x; y", "it's", "a, =1", "a; =1", "007", "− minus", "{=1}", "a\nb", " plain"),
        *("-1", "+2", "-1.5", "-.5", "-1e-05", "+3.", "-0"),
        *(-1, -1.5, 0, None),
    ],
)
def test_everything_else_and_every_number_stays_as_it_is(value):
    assert harmless(value) is value


def test_a_sign_that_begins_a_cell_for_another_separator_gets_an_apostrophe_too():
    assert harmless("a;=1+1") == "a;'=1+1"
    assert harmless("a\tb\t@x") == "a\tb\t'@x"
    assert harmless('a;"=1+1";b') == 'a;\'"=1+1";b'
    assert harmless("two\n=1\r\n+1") == "two\n'=1\r\n'+1"


def test_true_and_false_are_words():
    assert (harmless(True), harmless(False)) == ("true", "false")


def test_the_file_has_a_row_a_line_and_a_lone_carriage_return_begins_none():
    text = csv_text(["name", "=n"], [["a\rb", -1.5], ['say "x"', None]])
    assert text == 'name,\'=n\n"a\rb",-1.5\n"say ""x""",\n'
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["name", "'=n"], ["a\rb", "-1.5"], ['say "x"', ""]]
