"""A passage as HTML: what the model did not see is grey, and each sentence is tinted by what it adds to the score."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from rerank_core.experiment.inspection import Occlusion, rank_with
from rerank_core.types import Ranking
from rerank_core.views.palette import LOST, QUIET, WON, tint

if TYPE_CHECKING:
    import pandas as pd

# tints over whatever the theme's background is; the sign and the number say the same
_LIFTS, _LOWERS = WON, LOST
_BOX = (
    "white-space:pre-wrap;line-height:1.7;padding:0.9rem 1rem;"
    f"border:1px solid {tint(QUIET, 0.35)};border-radius:0.5rem"
)
_UNSEEN = f"opacity:0.45;border-left:3px solid {tint(QUIET, 0.9)};padding-left:0.4rem"
_NUMBER = "font-size:0.75em;vertical-align:super;opacity:0.85;margin-left:0.1rem"


def seen_html(text: str, seen: int | None) -> str:
    """The passage; from character `seen` on it is grey, after words that say why. None: not known, nothing is grey."""
    end = len(text) if seen is None else seen
    body = escape(text[:end])
    if end < len(text):
        body += _unseen(escape(text[end:]))
    return f'<div style="{_BOX}">{body}</div>'


def occlusion_html(occlusion: Occlusion) -> str:
    """The passage; each sentence has its number, and is tinted the more, the more the score changes without it.

    Blue lifts the score, orange lowers it; with the number stands the change that its absence makes.
    """
    far = max((abs(sentence.change) for sentence in occlusion.sentences if sentence.change is not None), default=0.0)
    parts, end, grey = [], 0, False
    for number, sentence in enumerate(occlusion.sentences, 1):
        gap, text = escape(occlusion.text[end : sentence.start]), escape(occlusion.text[sentence.start : sentence.end])
        end = sentence.end
        if sentence.change is None:
            parts.append(gap + (text if grey else _unseen(text, close=False)))
            grey = True
            continue
        share = abs(sentence.change) / far if far else 0.0
        colour = _LIFTS if sentence.change < 0 else _LOWERS
        parts.append(
            f'{gap}<span style="background:{tint(colour, 0.55 * share)};border-radius:3px">{text}</span>'
            f'<span style="{_NUMBER}">{number} ({sentence.change:+.2f})</span>'
        )
    tail = escape(occlusion.text[end:]) + ("</span>" if grey else "")
    return f'<div style="{_BOX}">{"".join(parts)}{tail}</div>'


def sentences_frame(occlusion: Occlusion, ranking: Ranking, docid: str) -> pd.DataFrame:
    """One row per sentence that the model saw, the one that lifts the score most first.

    Columns: No, Change (of the score without it), Rank without it, Sentence. The rank takes the scores of the other
    passages from `ranking`.
    """
    import pandas as pd

    seen = [
        (number, sentence, sentence.change)
        for number, sentence in enumerate(occlusion.sentences, 1)
        if sentence.change is not None
    ]
    rows = [
        [
            number,
            change,
            rank_with(ranking, docid, occlusion.score + change),
            occlusion.text[sentence.start : sentence.end],
        ]
        for number, sentence, change in sorted(seen, key=lambda row: row[2])
    ]
    return pd.DataFrame(rows, columns=["No", "Change", "Rank without it", "Sentence"])


def neighbours_frame(
    ranking: Ranking, docid: str, titles: Mapping[str, str], grades: Mapping[str, int], around: int = 2
) -> pd.DataFrame:
    """The passage and up to `around` places above and below it: Rank, Score, Difference, Grade, Passage.

    "Difference" is the score minus this passage's; missing without scores. Raises KeyError where it is not ranked.
    """
    import pandas as pd

    place = {doc.docid: doc for doc in ranking.docs}[docid]
    near = [doc for doc in ranking.docs if abs(doc.rank - place.rank) <= around]
    rows = [
        [
            doc.rank,
            doc.score,
            None if doc.score is None or place.score is None else doc.score - place.score,
            grades.get(doc.docid),
            ("→ " if doc.docid == docid else "") + titles.get(doc.docid, doc.docid),
        ]
        for doc in near
    ]
    columns = ["Rank", "Score", "Difference", "Grade", "Passage"]
    return pd.DataFrame(rows, columns=columns).astype({"Score": "float64", "Difference": "float64", "Grade": "Int64"})


def others_frame(rankings: Mapping[str, Ranking], labels: Mapping[str, str], docid: str, chosen: str) -> pd.DataFrame:
    """One row per system: System, Rank (missing: not retrieved), Raw score, Tokens cut; an arrow at the chosen one."""
    import pandas as pd

    rows = []
    for system, ranking in rankings.items():
        doc = next((doc for doc in ranking.docs if doc.docid == docid), None)
        name = ("→ " if system == chosen else "") + labels[system]
        rows.append([name, *((doc.rank, doc.score, doc.tokens_cut) if doc is not None else (None, None, None))])
    columns = ["System", "Rank", "Raw score", "Tokens cut"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"Rank": "Int64", "Raw score": "float64", "Tokens cut": "Int64"})


def _unseen(text: str, close: bool = True) -> str:
    end = "</span>" if close else ""
    return f'<span style="{_UNSEEN}"><b>[not seen by the model:]</b> {text}{end}'
