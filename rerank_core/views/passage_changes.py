"""What a change of a dataset's passages does, in sentences."""

from __future__ import annotations

from rerank_core.corpus.report import ChangeReport, Listed
from rerank_core.views.import_report import not_read_sentences


def change_sentences(report: ChangeReport) -> list[str]:
    """What changes, and what a person should know of it, a line each. Plain text: ids are the user's."""
    lines = [
        _summary(report),
        _said("There already, just as they are", report.unchanged),
        _said("Among the removed, pieces that their text files no longer have", report.old_pieces),
        _listed("Ids to remove that no passage has", report.unknown),
        _said("Came again with the same content", report.same_docs),
        _listed("Came again with another content, and the first one counts", report.conflicting_docs),
        _said("New texts that are empty", report.empty_texts),
        _said(
            "Grades given for another text; they still count, and Agreement asks for them again", report.stale_grades
        ),
        _said(
            "Grades whose passage is removed; they are kept, and still count in the ideal order", report.orphaned_grades
        ),
        _said("Grades that have their passage again", report.returned_grades),
        *not_read_sentences(report.not_read),
    ]
    return [line for line in lines if line]


def _summary(report: ChangeReport) -> str:
    if not report.changes:
        return f"Nothing changes; passages: {report.passages:,}, as before."
    would = "would be " if report.preview else ""
    counts = f"{report.added:,} {would}added, {report.replaced:,} {would}replaced, {report.removed:,} {would}removed"
    return f"Passages: {counts}; afterwards there are {report.passages:,}."


def _said(what: str, count: int) -> str:
    return f"{what}: {count:,}." if count else ""


def _listed(what: str, listed: Listed) -> str:
    more = " …" if listed.count > len(listed.first) else ""
    return f"{what}: {listed.count:,} ({', '.join(listed.first)}{more})." if listed.count else ""
