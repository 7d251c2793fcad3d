"""Finding systems among many: by words, by what they need first, by kind and language; what is ready stands first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import System

NOTHING, DOWNLOAD, KEY, GPU, MORE = NEEDS = ("nothing", "a download", "a key", "a GPU", "something else")
"""What a system needs before it can rank."""
_NEED_OF = {"ready": NOTHING, "needs-download": DOWNLOAD, "needs-key": KEY, "needs-gpu": GPU}
OWN, RUN = "built by you", "imported run"
_KINDS = {
    "first-stage": "first stage",
    "cross-encoder": "cross-encoder",
    "flag": "cross-encoder",
    "late-interaction": "late interaction",
    "bi-encoder": "bi-encoder",
    "sparse": "sparse",
    "yes-no": "language model",
    "flag-llm": "language model",
    "flag-layerwise": "language model",
    "flag-lightweight": "language model",
    "llm-pointwise": "language model",
    "llm-listwise": "language model",
    "http": "service",
    IMPORTED: RUN,
}
ENGLISH, MANY, UNKNOWN = LANGUAGES = ("English", "many languages", "not published")
_MANY_SIGNS = ("multilingual", "over 100", "93", "any")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty: anything. `words`: all of them in a system's name, maker, languages or facts."""

    words: str = ""
    needs: Collection[str] = ()
    kinds: Collection[str] = ()
    languages: Collection[str] = ()


def need_of(system: System) -> str:
    """The one of `NEEDS`."""
    return _NEED_OF.get(system.state.kind, MORE)


def kind_of(system: System) -> str:
    """What sort of system it is, in a word or two."""
    if system.spec is not None:
        return OWN
    return _KINDS.get(system.model.family, "service" if system.model.hosting == "api" else system.model.family)


def languages_of(system: System) -> tuple[str, ...]:
    """Those of `LANGUAGES` that it is made for; what reads many reads English too."""
    told = system.model.languages
    if told is None:
        return (UNKNOWN,)
    many = any(told.startswith(sign) for sign in _MANY_SIGNS)
    return (ENGLISH, MANY) if many else (ENGLISH,) if ENGLISH in told else (told,)


def find(systems: Sequence[System], wanted: Wanted) -> list[System]:
    """The systems that fit, those that are ready first, in their order otherwise."""
    found = [system for system in systems if _fits(system, wanted)]
    return sorted(found, key=lambda system: NEEDS.index(need_of(system)))


def to_choose_from(systems: Sequence[System]) -> list[System]:
    """All of them as a menu lists them: ready ones first, and among these people's own before the catalogue's."""
    return sorted(systems, key=lambda system: (not system.state.ready, not _is_own(system)))


def _is_own(system: System) -> bool:
    return system.spec is not None or system.model.family == IMPORTED or system.id != system.model.id


def _fits(system: System, wanted: Wanted) -> bool:
    text = _text(system)
    return (
        all(word in text for word in wanted.words.casefold().split())
        and (not wanted.needs or need_of(system) in wanted.needs)
        and (not wanted.kinds or kind_of(system) in wanted.kinds)
        and (not wanted.languages or bool(set(languages_of(system)) & set(wanted.languages)))
    )


def _text(system: System) -> str:
    model = system.model
    facts = (system.id, system.label, model.source, model.family, kind_of(system), model.languages, model.licence)
    return " ".join(str(fact) for fact in (*facts, model.cost, model.note) if fact).casefold()
