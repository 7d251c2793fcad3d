"""What a change of a dataset's passages does, in sentences."""

from __future__ import annotations

from rerank_core.corpus.report import ChangeReport, Listed
from rerank_core.views.import_report import not_read_sentences, windows_sentences


def change_sentences(report: ChangeReport) -> list[str]:
    """What changes, and what a person should know, one line each. Plain text: ids are the user's."""
    lines = [
        _summary(report),
        _count_sentence("Already there, unchanged", report.unchanged),
        _count_sentence("Of the removed: parts that their text files no longer contain", report.old_pieces),
        _ids_sentence("Ids to remove that belong to no passage", report.unknown),
        _count_sentence("Given twice with the same content", report.same_docs),
        _ids_sentence("Given twice with different content; the first one counts", report.conflicting_docs),
        _count_sentence("New passages without text", report.empty_texts),
        _count_sentence(
            "Grades given for another text; they still count, and Agreement asks for them again", report.stale_grades
        ),
        _count_sentence(
            "Grades whose passage is removed; they are kept, and still count in the ideal order", report.orphaned_grades
        ),
        _count_sentence("Grades whose passage is back", report.returned_grades),
        *not_read_sentences(report.not_read),
        *windows_sentences(report.windows_1252),
    ]
    return [line for line in lines if line]


def _summary(report: ChangeReport) -> str:
    if not report.changes:
        return f"Nothing changes: the dataset keeps its {report.passages:,} passages."
    would = "would be " if report.preview else ""
    counts = f"{report.added:,} {would}added, {report.replaced:,} {would}replaced, {report.removed:,} {would}removed"
    return f"Passages: {counts}; afterwards there are {report.passages:,}."


def _count_sentence(what: str, count: int) -> str:
    return f"{what}: {count:,}." if count else ""


def _ids_sentence(what: str, listed: Listed) -> str:
    more = " …" if listed.count > len(listed.first) else ""
    return f"{what}: {listed.count:,} ({', '.join(listed.first)}{more})." if listed.count else ""
