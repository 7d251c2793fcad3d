"""The forms in which a language model writes a short answer, taken off: what is left is matched as a whole.

No reader of an answer searches in it: a word of a sentence, or a draft, is no answer.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rerank_core.text import shortened

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""For `str.translate`: full-width letters, digits and signs as their usual forms, one character for one."""
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])
_LANGUAGE = re.compile(r"[ \t]*\w+\s+(?=\S)")
# a line that only says that the answer follows: "Here is the ranking:"
_INTRODUCES = re.compile(r"(?:(?!\[\s*\d)[^\n:]){0,200}:\s*")
_TAKES_BACK = re.compile(
    r"\b(?:not|cannot|unable|would|could|should|might|if|instead|wrong|format|example|e\.g|draft)\b|n['’]t\b"
    r"|\b(?:input|original|initial|given)\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"\W*(?:(?:unfortunately|sorry|apologies|no|oh|hmm)\W+)*(?:but\s+)?"
    r"(?:i\s*(?:['’]\s*)?a?m\s+(?:\w+\s+)?(?:sorry|unable|not\s+able|not\s+allowed|afraid)"
    r"|i\s+(?:can\s?not|can['’]?t|won['’]?t|will\s+not|must\s+decline|decline|apologi[sz]e|refuse|do\s+not\s+feel)"
    r"|(?:i\s+)?apologi|sorry\b|as\s+an?\s+(?:ai|language\s+model|assistant)"
    r"|this\s+(?:request|content)\s+(?:violates|was\s+blocked))",
    re.IGNORECASE,
)
_BOXED = re.compile(r"(?<!\$)\$*\\boxed\{(?:\\text(?:bf|rm)?\{)?([^{}]*)\}?\}\$*")
_SHOWN = 60


def narrow(text: str) -> str:
    """An answer in plain signs: full-width characters as their usual forms, no unseen ones, no box of LaTeX.

    Each line is stripped, white space in it is one blank, and empty lines are left out.
    """
    text = _BOXED.sub(r"\1", text.translate(FULL_WIDTH).translate(_INVISIBLE))
    return "\n".join(line for each in text.splitlines() if (line := " ".join(each.split())))


def unfenced(text: str) -> str:
    """The content of the code fence that ends the text; the text itself where there is none, or more than one.

    Before the fence may stand one line that introduces it.
    """
    for fence in ("```", "~~~"):
        parts = text.split(fence)
        if len(parts) == 3 and not parts[2].strip() and introduces(parts[0]):
            language = _LANGUAGE.match(parts[1])
            return parts[1][language.end() if language else 0 :].strip()
    return text.strip()


def introduces(text: str) -> bool:
    """Whether the text is empty, or one short line that says only that the answer follows."""
    text = text.strip()
    return not text or (_INTRODUCES.fullmatch(text) is not None and _TAKES_BACK.search(text) is None)


def as_json(text: str) -> Any:
    """The JSON object or list that the text is, as a whole or in a fence; None where it is none.

    An object that names a key twice is none: it says two things.
    """
    body = unfenced(text)
    if not body.startswith(("{", "[")):
        return None
    try:
        return json.loads(body, object_pairs_hook=_once, strict=False)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands twice")
    return values


def refuses(text: str) -> bool:
    """Whether the text begins as a refusal does, such as "I'm sorry, I can't help with that"."""
    return _REFUSES.match(text) is not None


def shown(text: str) -> str:
    """The beginning of an answer, on one line, for a message."""
    return shortened(" ".join(text.split()), _SHOWN)


def labelled(text: str, label: str) -> str | None:
    """What follows a label such as "Final answer:" in the last line, or in the line after it; None without one.

    `label` is a regular expression that stays within its line, so that reading takes as long as the text is. Two such
    lines that differ are a draft and a second thought, and what follows a refusal is an example: None.
    """
    if refuses(text):
        return None
    line = re.compile(rf"^[ >#*_\-`\"']*{label}[ *_`\"']*[:=](.*)$", re.IGNORECASE | re.MULTILINE)
    lines = list(line.finditer(text))
    if not lines:
        return None
    last = lines[-1]
    same_line = last[1].strip(" *_`\"'")
    rest = text[last.end() :].strip()
    if bool(same_line) == bool(rest):
        return None
    before = {earlier[1].strip(" *_`\"'.").lower() for earlier in lines[:-1]}
    value = same_line or rest
    return value if before <= {value.strip(" *_`\"'.").lower()} else None


_EXPLAINS = re.compile(
    r"\n[ >#*_\-]*(?:explanation|reason(?:ing|s)?|rationale|justification|note)[ *_]*:.*\Z", re.IGNORECASE | re.DOTALL
)


def unexplained(text: str) -> str | None:
    """The text before a part that is marked as its explanation; None where there is none."""
    explanation = _EXPLAINS.search(text)
    return text[: explanation.start()].strip() if explanation else None
