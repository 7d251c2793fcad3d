"""What the names of files and folders say: the part that a file plays, its split, and whether it is one of several."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal, NamedTuple

from rerank_core.errors import SettingsError

Part = Literal["passages", "queries", "grades", "run", "not read"]
"""The part that a file plays in a dataset."""
PARTS: tuple[Part, ...] = ("passages", "queries", "grades", "run", "not read")

_CLAIMS: dict[Part, frozenset[str]] = {
    "passages": frozenset(
        (
            *("corpus", "collection", "passages", "passage", "docs", "doc", "documents", "document", "articles"),
            *("pages", "products", "chunks", "psgs"),
        )
    ),
    "queries": frozenset(("queries", "query", "topics", "topic", "questions", "question", "searches")),
    "grades": frozenset(
        (
            *("qrels", "qrel", "grades", "grade", "judgments", "judgements", "judgment", "judgement", "ratings"),
            *("rating", "labels", "label", "relevance"),
        )
    ),
    "run": frozenset(("run", "runs")),
}
SPLITS = frozenset(("test", "dev", "train", "validation", "valid", "val", "eval"))
_PLAIN_FOLDERS = frozenset(("data", "default", "dataset"))
_ABOUT = frozenset(
    (
        *("readme", "license", "licence", "changelog", "changes", "source", "notice", "citation", "contributing"),
        *("version", "authors"),
    )
)
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_WORD = re.compile(r"[^\W\d_]+")
_ENDINGS = (
    *(".gz", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".tab", ".parquet", ".txt", ".md", ".markdown"),
    *(".qrels", ".qrel", ".run", ".trec", ".xml", ".dat"),
)


def stem(path: PurePath) -> str:
    """The file's name without '.gz', its ending and the number of a shard: 'test' for test-00000-of-00002.parquet."""
    name = path.name
    while any(name.lower().endswith(ending) and name.lower() != ending for ending in _ENDINGS):
        name = name[: name.rindex(".")]
    return _SHARD.sub("", name)


def words(name: str) -> list[str]:
    """The words of a name in lower case, parted by anything but letters: 'bigquery_docs2' has bigquery and docs."""
    return _WORD.findall(name.lower())


def parse_part(text: str) -> tuple[str, Part]:
    """('a=b.csv', 'queries') for 'a=b.csv=queries'. Raises SettingsError where it is no file and part."""
    name, _, wanted = text.rpartition("=")
    part = next((part for part in PARTS if part == wanted.strip().lower().replace("-", " ")), None)
    if not name.strip() or part is None:
        raise SettingsError(f"'{text}' is no file and its part; write FILE=PART, where PART is {', '.join(PARTS)}.")
    return name.strip(), part


class Claim(NamedTuple):
    """The part that a name claims; not `firm` where it is in the singular, as the topic of a text may be."""

    part: Part | None
    firm: bool


def claimed(path: PurePath, root: PurePath | None = None) -> Claim:
    """The part that a file's name claims, by its last word that claims any; else its folder's, up to `root`.

    Whole words only: 'bigquery' claims nothing. Part None: the names say nothing.
    """
    folders = path.relative_to(root).parts[:-1] if root is not None else ()
    for name in (stem(path), *reversed(folders)):
        for word in reversed(words(name)):
            for part, claims in _CLAIMS.items():
                if word in claims:
                    return Claim(part, word.endswith("s"))
    return Claim(None, False)


def is_list(path: PurePath) -> bool:
    """Whether the name of a .txt file is that of queries, grades or a run and says no more: 'qrels.dev.txt'."""
    known = set(words(stem(path)))
    claims = {word for part, of_part in _CLAIMS.items() if part != "passages" for word in of_part}
    return path.suffix.lower() == ".txt" and bool(known & claims) and known <= claims | SPLITS


def is_about(path: PurePath) -> bool:
    """Whether the file tells about the data beside it: a README, a licence, a changelog."""
    known = words(stem(path))
    return bool(known) and known[0] in _ABOUT


def split_name(path: PurePath) -> str:
    """The split of a file of grades: 'test' for test.tsv.gz, 'dev.small' for qrels.dev.small.tsv, else its stem.

    A shard that is only numbered, as in default/test/0000.parquet, has the name of its folder.
    """
    name = stem(path)
    if name.isdigit() and path.parent.name.lower() in SPLITS:
        return path.parent.name
    rest = re.sub(rf"^({'|'.join(_CLAIMS['grades'])})[^\w]+", "", name, flags=re.IGNORECASE)
    return rest or name


def is_split(name: str) -> bool:
    """Whether this names a split, as 'test' and 'dev.small' do."""
    return bool(SPLITS & set(words(name)))


def home(path: PurePath) -> PurePath:
    """The folder of the dataset that a file belongs to: its own, without folders that hold one part or split of it."""
    folder = path.parent
    while folder.name and _holds_a_part(folder.name):
        folder = folder.parent
    return folder


def _holds_a_part(name: str) -> bool:
    known = set(words(name))
    return bool(known & (SPLITS | _PLAIN_FOLDERS) or any(known & claims for claims in _CLAIMS.values()))
