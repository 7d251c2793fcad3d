"""A story as one large picture: two short lists side by side, what moved marked by arrow, word and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from rerank_core.experiment.stories import Place, Story
from rerank_core.text import shortened
from rerank_core.types import Doc
from rerank_core.views.palette import DOWN_TEXT, UP_TEXT

SNIPPET = 150  # characters of a passage's text

# light-dark follows the theme
STYLE = (
    f"""
<style>
.story {{ --up: {UP_TEXT}; --down: {DOWN_TEXT}; }}
</style>"""
    + """<style>
.story {
  --line: color-mix(in srgb, currentColor 20%, transparent); --faint: color-mix(in srgb, currentColor 72%, transparent);
  overflow-wrap: anywhere; }
.story .query { font-size: clamp(1.6rem, 3vw, 2.6rem); font-weight: 700; line-height: 1.2; margin: 0.2rem 0 0.3rem; }
.story .sentence { font-size: clamp(1.15rem, 1.9vw, 1.6rem); line-height: 1.35; margin: 0 0 1.2rem; }
.story .lists { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; }
.story h3 { font-size: 1.15rem; margin: 0 0 0.5rem; padding: 0; }
.story ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.55rem; }
.story li { display: grid; grid-template-columns: 2.2rem 1fr auto; gap: 0.2rem 0.7rem; align-items: start; margin: 0;
  padding: 0.65rem 0.8rem; border: 1px solid var(--line); border-radius: 0.6rem; }
.story li.marked { border: 3px solid currentColor; }
.story .rank { font-size: 1.5rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; }
.story .title { font-weight: 600; font-size: 1.05rem; line-height: 1.3; }
.story .text { color: var(--faint); font-size: 0.9rem; line-height: 1.4; }
.story .move { font-weight: 600; white-space: nowrap; font-size: 0.95rem; text-align: right; }
.story .up { color: var(--up); } .story .down { color: var(--down); } .story .stays { color: var(--faint); }
.story .grade { grid-column: 2; font-size: 0.85rem; }
.story .grade b { letter-spacing: 0.1em; }
@media (max-width: 760px) { .story .lists { grid-template-columns: 1fr; } }
</style>
"""
)


def story_html(
    story: Story, sentence: str, names: tuple[str, str], docs: Mapping[str, Doc], scale: Mapping[int, str]
) -> str:
    """The picture of a story. `names`: of before and after; `scale`: grade -> its name. All of it is escaped."""
    before = _list(names[0], story.before, docs, scale, story.subject, marked=False)
    after = _list(names[1], story.after, docs, scale, story.subject, marked=True)
    return (
        f'{STYLE}<section class="story"><div class="query">{escape(story.query.text)}</div>'
        f'<div class="sentence" role="status">{escape(sentence)}</div>'
        f'<div class="lists">{before}{after}</div></section>'
    )


def ballot_html(query: str, left: Sequence[Doc], right: Sequence[Doc]) -> str:
    """Two lists without names, grades or marks, to vote between."""
    lists = "".join(
        f"<div><h3>{name}</h3><ol>{''.join(_row(str(place), doc) for place, doc in enumerate(docs, 1))}</ol></div>"
        for name, docs in (("Left", left), ("Right", right))
    )
    return (
        f'{STYLE}<section class="story"><div class="query">{escape(query)}</div>'
        f'<div class="sentence">Which list answers the query better?</div><div class="lists">{lists}</div></section>'
    )


def _list(
    name: str, places: Sequence[Place], docs: Mapping[str, Doc], scale: Mapping[int, str], docid: str, marked: bool
) -> str:
    rows = []
    for place in places:
        is_marked = place.docid == docid
        move = _move(place) if marked else _now(place) if is_marked else ""
        grade = "" if place.grade is None else _grade(place.grade, scale)
        rows.append(_row(str(place.rank), docs[place.docid], move, grade, is_marked))
    return f"<div><h3>{escape(name)}</h3><ol>{''.join(rows)}</ol></div>"


def _row(rank: str, doc: Doc, move: str = "", grade: str = "", marked: bool = False) -> str:
    text = " ".join(doc.text.split())
    snippet = shortened(text, SNIPPET)
    title = f'<div class="title">{escape(doc.title)}</div>' if doc.title else ""
    return (
        f'<li class="{"marked" if marked else ""}"><div class="rank">{rank}</div>'
        f'<div>{title}<div class="text">{escape(snippet)}</div></div><div>{move}</div>{grade}</li>'
    )


def _move(place: Place) -> str:
    if place.other is None:
        return '<div class="move up">new</div>'
    if place.moved > 0:
        return f'<div class="move up">▲ from {place.other}</div>'
    if place.moved < 0:
        return f'<div class="move down">▼ from {place.other}</div>'
    return '<div class="move stays">stays</div>'


def _now(place: Place) -> str:
    """Where a passage of the list before stands after."""
    where = "gone" if place.other is None else f"now {place.other}"
    way = "down" if place.other is None or place.moved > 0 else "up"
    return f'<div class="move {way}">→ {where}</div>'


def _grade(grade: int, scale: Mapping[int, str]) -> str:
    """The grade as dots and as its name."""
    top = max(scale)
    dots = "●" * grade + "○" * (top - grade) if top <= 5 else ""
    return f'<div class="grade"><b aria-hidden="true">{dots}</b> {escape(scale.get(grade, str(grade)))}</div>'


def link_html(address: str, text: str) -> str:
    """A link that loads the address in the same tab.

    The browser's own way: the address bar then holds the whole view and Back returns to the page as it was. Streamlit's
    page links take the bound parameters out of the address, and leave an entry without them in the history.
    """
    style = "color:inherit;font-weight:600;text-decoration:underline;text-underline-offset:3px"
    return f'<a href="{escape(address)}" style="{style}">→ {escape(text)}</a>'
