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
.story .query { font-size: clamp(1.4rem, 0.6rem + 1.8vw, 4.5rem); font-weight: 700; line-height: 1.15;
  margin: 0 0 0.2em; }
.story .sentence { font-size: clamp(1.1rem, 0.5rem + 1.15vw, 3rem); line-height: 1.3; margin: 0 0 0.7em; }
.story .verdict { font-size: clamp(1.05rem, 0.5rem + 1vw, 2.6rem); line-height: 1.3; margin: 0; }
.story .lists { display: grid; grid-template-columns: 1fr 1fr; gap: clamp(0.8rem, 1.5vw, 3rem); }
.story h3 { font-size: clamp(1.1rem, 0.5rem + 1.1vw, 3rem); margin: 0 0 0.4em; padding: 0; }
.story ol { list-style: none; margin: 0; padding: 0; display: grid; gap: clamp(0.4rem, 0.5vw, 1rem); }
.story li { display: grid; grid-template-columns: auto 1fr auto; gap: 0.1em 0.7em; align-items: start; margin: 0;
  padding: clamp(0.45rem, 0.5vw, 1rem) clamp(0.6rem, 0.8vw, 1.6rem); border: 1px solid var(--line);
  border-radius: 0.6rem; font-size: clamp(1rem, 0.4rem + 0.95vw, 2.6rem); }
.story li.marked { border: 3px solid currentColor; }
.story .rank { font-size: 1.4em; font-weight: 700; line-height: 1.1; font-variant-numeric: tabular-nums;
  min-width: 1.1em; }
.story .title { font-weight: 650; font-size: 1.1em; line-height: 1.25; }
.story .text { color: var(--faint); line-height: 1.35; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 2; overflow: hidden; }
.story .move { font-weight: 600; white-space: nowrap; text-align: right; }
.story .up { color: var(--up); } .story .down { color: var(--down); } .story .stays { color: var(--faint); }
.story .grade { grid-column: 2; font-size: 0.9em; line-height: 1.3; }
.story .grade b { letter-spacing: 0.1em; }
.story .large { font-size: clamp(2rem, 1rem + 4vw, 8rem); font-weight: 750; line-height: 1.1; margin: 0.1em 0; }
@media (max-width: 760px) { .story .lists { grid-template-columns: 1fr; } .story .text { -webkit-line-clamp: 3; } }
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
        for name, docs in (("A", left), ("B", right))
    )
    return (
        f'{STYLE}<section class="story"><div class="query">{escape(query)}</div>'
        f'<div class="sentence">Which list answers the query better?</div><div class="lists">{lists}</div></section>'
    )


def verdict_html(sentence: str) -> str:
    """The verdict over all queries, readable from the last row."""
    return f'{STYLE}<section class="story"><p class="verdict">{escape(sentence)}</p></section>'


def result_html(headline: str, sentence: str) -> str:
    """A result as one large line, and what it means."""
    return (
        f'{STYLE}<section class="story"><p class="large">{escape(headline)}</p>'
        f'<p class="sentence">{escape(sentence)}</p></section>'
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

    For links inside HTML of ours, such as tables and charts; elsewhere a page link changes the page without loading it.
    """
    style = "color:inherit;font-weight:600;text-decoration:underline;text-underline-offset:3px"
    return f'<a href="{escape(address)}" style="{style}">→ {escape(text)}</a>'
