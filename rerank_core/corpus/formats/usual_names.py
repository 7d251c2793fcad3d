"""The names that columns usually have, in English, German and French: what a column holds is guessed by them.

Of each table the first name that is there counts. "doc_id" stands for DocID, doc-id, "Doc Id" too, "référence" for
reference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

PASSAGE_IDS = (
    *("_id", "id", "docid", "docno", "doc_id", "pid", "passage_id", "document_id", "corpus_id", "chunk_id"),
    *("article_id", "page_id", "product_id", "item_id", "kb_id", "ticket_id", "case_id", "faq_id", "issue_id"),
    *("issue_key", "record_id", "entry_id", "post_id", "content_id", "node_id", "external_id", "sys_id"),
    *("article_number", "article_no", "document_number", "ticket_number", "case_number", "item_number"),
    *("part_number", "product_code", "ticket", "sku", "asin", "isbn", "ean", "gtin", "doi", "pmid"),
    *("artikel_id", "artikelnummer", "artikelnr", "dokument_id", "dokumentnummer", "dok_id", "identifiant"),
    *("uuid", "guid", "identifier", "key", "slug", "permalink", "url", "uri", "number", "nummer", "nr"),
)
TITLES = (
    *("title", "headline", "subject", "heading", "name", "product_title", "product_name", "question"),
    *("article_title", "page_title", "document_title", "doc_title", "ticket_subject", "short_description"),
    *("titel", "überschrift", "ueberschrift", "betreff", "bezeichnung", "produktname", "frage"),
    *("titre", "intitulé", "objet", "nom", "summary"),
)
TEXTS = (
    *("text", "body", "contents", "content", "passage", "passage_text", "document", "document_text", "doc_text"),
    *("segment", "chunk", "chunk_text", "abstract", "article", "full_text", "description", "product_description"),
    *("page_content", "text_content", "article_body", "article_text", "body_text", "body_html", "html_body"),
    *("plain_text", "raw_text", "main_text", "paragraph", "long_description", "answer", "solution", "summary"),
    *("inhalt", "beschreibung", "artikeltext", "volltext", "antwort", "lösung", "loesung"),
    *("texte", "contenu", "corps", "réponse"),
)
FILTERS = (
    *("category", "department", "product", "brand", "region", "country", "language", "lang", "locale", "type"),
    *("status", "author", "owner", "team", "date", "year", "created", "updated", "source", "section", "topic"),
    *("audience", "version", "priority", "channel", "market", "unit"),
    *("kategorie", "abteilung", "bereich", "rubrik", "sprache", "typ", "datum", "jahr", "quelle", "thema"),
    *("catégorie", "rubrique", "service", "langue", "pays", "année", "auteur"),
)
TAGS = ("tags", "tag", "labels", "keywords", "schlagwörter", "schlagworte", "stichworte", "étiquettes", "mots_clés")

QUERY_IDS = (
    *("_id", "qid", "query_id", "query-id", "id", "topic_id", "question_id", "search_id", "query_number"),
    *("query_no", "term_id", "request_id", "anfrage_id", "frage_id", "number", "nummer", "nr"),
)
QUERIES = (
    *("query", "title", "keyword", "question", "query_text", "search_term", "search_query", "search_phrase"),
    *("keywords", "phrase", "term", "utterance", "prompt", "search", "search_text", "search_string"),
    *("query_string", "user_query", "user_question", "suchbegriff", "suchanfrage", "suchtext", "frage", "anfrage"),
    *("requête", "recherche"),
)
QUERY_TEXTS = ("text", *QUERIES)
QUERY_TAGS = ("tags", "tag")
NOTES = ("note",)

GRADED_QUERY_IDS = (
    *("qid", "query_id", "query-id", "queryid", "topic", "topic_id", "question_id", "search_id", "anfrage_id"),
)
GRADED_QUERIES = (
    *("query", "keyword", "query_text", "search_term", "search_query", "search_phrase", "keywords", "question"),
    *("user_query", "user_question", "suchbegriff", "suchanfrage", "frage", "anfrage", "requête", "recherche"),
)
GRADED_PASSAGES = (
    *("docid", "docno", "doc", "doc_id", "doc-id", "corpus-id", "corpus_id", "document_id", "pid", "passage_id"),
    *("product_id", "item_id", "article_id", "chunk_id", "sku", "kb_id", "ticket_id", "case_id", "faq_id"),
    *("page_id", "article_number", "artikel_id", "artikelnummer", "dokument_id"),
)
GRADES = (
    *("grade", "rating", "label", "score", "rel", "relevance", "judgment", "judgement", "relevance_label"),
    *("graded_relevance", "human_label", "relevancy", "is_relevant", "relevant", "bewertung", "relevanz"),
    *("pertinence", "stars", "points"),
)
KNOWN = frozenset(
    (*PASSAGE_IDS, *TITLES, *TEXTS, *QUERY_IDS, *QUERIES, *GRADED_QUERY_IDS, *GRADED_PASSAGES, *GRADES, *TAGS)
)


def find_usual(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """The first usual name that is among `names`, as it stands there: in any case, signs and accents aside."""
    exact = {name.strip().lower(): name for name in reversed(names)}
    loose = {letters(name): name for name in reversed(names)}
    found = (exact.get(name) or loose.get(key) for name, key in _keys(tuple(usual)))
    return next((name for name in found if name), None)


@lru_cache(maxsize=64)
def _keys(usual: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, letters(name)) for name in usual)


def letters(name: str) -> str:
    """The letters and digits of a name in lower case, without accents: "docid" for "Doc-ID"."""
    if not name.isascii():
        parted = unicodedata.normalize("NFKD", name[:_LONGEST].casefold())
        name = "".join(sign for sign in parted if not unicodedata.combining(sign))
    return _SIGNS.sub("", name[:_LONGEST]).lower()


_SIGNS = re.compile(r"[\W_]+")
_LONGEST = 200
"""Characters of a name that are looked at: the usual ones are shorter."""
_KNOWN = frozenset(map(letters, KNOWN))


def is_usual(name: str) -> bool:
    """Whether any table has this name."""
    return letters(name) in _KNOWN


def name_words(name: str) -> list[str]:
    """The words of a name in lower case: "kb", "article", "id" for "kbArticleID" and "KB article_id"."""
    return [letters(word) for word in _WORD.findall(name[:_LONGEST])]


_WORD = re.compile(r"[A-ZÀ-Þ]+(?![a-zß-ÿ])|[A-ZÀ-Þ]?[a-zß-ÿ]+|\d+")
