"""The languages that are known by name, and what there is for each: a Snowball stemmer, a list of stop words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AUTO, NONE, ENGLISH = "auto", "none", "en"
"""Values of the setting `language` beside the codes: found out from the passages, and no stemmer or stop words."""


@dataclass(frozen=True, slots=True)
class Language:
    """`stemmer`: PyStemmer's name of the algorithm. `stop_words`: bm25s's name of the list. "" where there is none.

    `latin`: whether it is written in Latin letters, at least by some; where it is not, words in ASCII are English.
    """

    name: str
    stemmer: str = ""
    stop_words: str = ""
    latin: bool = True


def _stemmed(name: str, stop_words: str = "", latin: bool = True) -> Language:
    return Language(name, name.lower(), stop_words, latin)


def _other(name: str) -> Language:
    return Language(name, latin=False)


LANGUAGES: Mapping[str, Language] = {
    "af": Language("Afrikaans"),
    "ar": _stemmed("Arabic", latin=False),
    "be": _other("Belarusian"),
    "bg": _other("Bulgarian"),
    "bn": _other("Bengali"),
    "ca": _stemmed("Catalan"),
    "cs": _stemmed("Czech"),
    "da": _stemmed("Danish", "STOPWORDS_DANISH"),
    "de": _stemmed("German", "STOPWORDS_GERMAN"),
    "el": _stemmed("Greek", latin=False),
    "en": _stemmed("English", "STOPWORDS_EN"),
    "eo": _stemmed("Esperanto"),
    "es": _stemmed("Spanish", "STOPWORDS_SPANISH"),
    "et": _stemmed("Estonian"),
    "eu": _stemmed("Basque"),
    "fa": _stemmed("Persian", latin=False),
    "fi": _stemmed("Finnish"),
    "fr": _stemmed("French", "STOPWORDS_FRENCH"),
    "ga": _stemmed("Irish"),
    "gu": _other("Gujarati"),
    "he": _other("Hebrew"),
    "hi": _stemmed("Hindi", latin=False),
    "hr": Language("Croatian"),
    "hu": _stemmed("Hungarian"),
    "hy": _stemmed("Armenian", latin=False),
    "id": _stemmed("Indonesian"),
    "is": Language("Icelandic"),
    "it": _stemmed("Italian", "STOPWORDS_ITALIAN"),
    "ja": _other("Japanese"),
    "ka": _other("Georgian"),
    "kk": _other("Kazakh"),
    "km": _other("Khmer"),
    "kn": _other("Kannada"),
    "ko": _other("Korean"),
    "lo": _other("Lao"),
    "lt": _stemmed("Lithuanian"),
    "lv": Language("Latvian"),
    "mk": _other("Macedonian"),
    "ml": _other("Malayalam"),
    "mr": _other("Marathi"),
    "ms": Language("Malay"),
    "my": _other("Burmese"),
    "ne": _stemmed("Nepali", latin=False),
    "nl": _stemmed("Dutch", "STOPWORDS_DUTCH"),
    "no": _stemmed("Norwegian", "STOPWORDS_NORWEGIAN"),
    "pa": _other("Punjabi"),
    "pl": _stemmed("Polish"),
    "pt": _stemmed("Portuguese", "STOPWORDS_PORTUGUESE"),
    "ro": _stemmed("Romanian"),
    "ru": _stemmed("Russian", "STOPWORDS_RUSSIAN", latin=False),
    "si": _other("Sinhala"),
    "sk": Language("Slovak"),
    "sl": Language("Slovenian"),
    "sq": Language("Albanian"),
    "sr": _stemmed("Serbian"),
    "st": _stemmed("Sesotho"),
    "sv": _stemmed("Swedish", "STOPWORDS_SWEDISH"),
    "sw": Language("Swahili"),
    "ta": _stemmed("Tamil", latin=False),
    "te": _other("Telugu"),
    "th": _other("Thai"),
    "tl": Language("Tagalog"),
    "tr": _stemmed("Turkish", "STOPWORDS_TURKISH"),
    "uk": _other("Ukrainian"),
    "ur": _other("Urdu"),
    "vi": Language("Vietnamese"),
    "yi": _stemmed("Yiddish", latin=False),
    "zh": _other("Chinese"),
}
"""ISO 639-1 code -> what there is. All of Snowball's languages are there (Porter's older two algorithms are not)."""


def language_name(code: str) -> str:
    """The name of a code; "several languages" for "none", as detection answers it."""
    return LANGUAGES[code].name if code in LANGUAGES else "several languages"
