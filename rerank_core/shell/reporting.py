"""The verbs that write files: reports, and exports."""

from __future__ import annotations

from pathlib import Path

from rerank_core.errors import SettingsError
from rerank_core.reports.exports import Chosen, write_export
from rerank_core.reports.report import Report, build_report
from rerank_core.shell.answer import NOTHING, Call, VerbResult, rows_result
from rerank_core.shell.deciding import nothing_yet, read_figures
from rerank_core.shell.option_groups import experiment_of
from rerank_core.views.report.html import report_html
from rerank_core.views.report.text import queries_csv, report_markdown, systems_csv

ENDINGS = (".html", ".htm", ".md", ".csv")


def report(call: Call) -> VerbResult:
    """What was written, and the verdicts; nothing is written where nothing can be compared."""
    options, ending = call.options, call.options.path.suffix.lower()
    if ending not in ENDINGS:
        raise SettingsError(
            f"A report is written to a file that ends in .html, .md or .csv, not '{options.path.name}'."
        )
    figures = read_figures(call, options.systems, options.measures, options.baseline)
    if not figures.summary.qids:
        return VerbResult({"written": []}, (nothing_yet(figures), *figures.remarks()), None, NOTHING)
    call.progress(0, 0, "writing the report")
    made = build_report(figures, options.price)
    written = []
    for path, text in _files(made, options.path, ending).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(str(path))
    verdicts = tuple(sentence for _, sentence in made.verdicts)
    value = {"written": written, "verdicts": list(verdicts), "command": made.configuration.command}
    return VerbResult(value, (*verdicts, *figures.remarks(), *(f"written: {path}" for path in written)))


def _files(made: Report, path: Path, ending: str) -> dict[Path, str]:
    if ending == ".md":
        return {path: report_markdown(made)}
    if ending == ".csv":
        return {path: systems_csv(made), path.with_name(f"{path.stem}-queries.csv"): queries_csv(made)}
    return {path: report_html(made)}


def export(call: Call) -> VerbResult:
    """What was written, and where."""
    options = call.options
    experiment = experiment_of(call.workspace, options, [options.system])
    write_export(options.what, Chosen(experiment, experiment.systems[0], options.top, options.server), options.path)
    return rows_result([{"written": options.what, "path": str(options.path)}])
