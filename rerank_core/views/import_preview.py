"""What an import would read, in lines for a terminal, and the options of the command that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rerank_core.corpus.survey.choices import Choices
from rerank_core.corpus.survey.look import FileLook
from rerank_core.corpus.survey.preview import Preview


def preview_lines(found: Preview, options: Sequence[str]) -> list[str]:
    """Each file with its columns, then the options that have to be said, and what is still lacking. Plain text."""
    lines = [line for seen in found.files for line in _file(seen)]
    if options:
        lines += ["", "What was guessed without a usual name has to be said. To import it so, add:"]
        lines += [f"  {option}" for option in options]
    return lines + [f"Problem: {problem}" for problem in found.problems]


def _file(seen: FileLook) -> Iterator[str]:
    name = seen.name or f"{seen.files:,} {seen.kind}"
    yield f"{name}: {seen.part} ({seen.why})"
    for note in seen.notes:
        yield f"  {note}"
    for place, field in enumerate(seen.fields):
        first = next((row[place] for row in seen.rows if place < len(row) and row[place]), "")
        unsure = "" if field.sure else ", please check"
        shown = first if len(first) <= 60 else f"{first[:59]}…"
        yield f"  {field.name}: {field.role} ({field.why}{unsure})  e.g. {shown}"


def preview_options(found: Preview, choices: Choices) -> Iterator[str]:
    """The options that say what was guessed and is not sure."""
    agreed = found.agreed(choices)
    for file, part in agreed.parts.items():
        if file not in choices.parts:
            yield f'--as "{file}={part.replace(" ", "-")}"'
    for file, header in agreed.headers.items():
        if file not in choices.headers:
            yield f'--header "{file}={"yes" if header else "no"}"'
    for file, roles in agreed.roles.items():
        for column, role in roles.items():
            if column not in choices.roles.get(file, {}):
                yield f'--column "{file}::{column}={role.replace(" ", "-")}"'
