"""The options of the verbs for search engines that live elsewhere."""

from __future__ import annotations

from pathlib import Path

from rerank_core.retrieval.engines.source import ENGINES
from rerank_core.shell.option_groups import Parser, Verbs, add_verb

_CONNECT = (
    "Without --index it lists what there is, and connects nothing; with --question it shows the first hits. Passages "
    "are stored when they are seen among candidates. The key comes from an environment variable: its name is kept."
)


def add_connecting(verbs: Verbs[Parser]) -> None:
    """`connect` and `refresh`."""
    verb = add_verb(verbs, "connect", "make a dataset of a search engine, which is asked for the candidates", _CONNECT)
    verb.add_argument("name", help="the dataset's name")
    verb.add_argument("--look", action="store_true", help="show what is there and the first hits, and connect nothing")
    verb.add_argument("--question", help="a query, whose first three hits are shown")
    verb.add_argument("--queries", type=Path, metavar="FILE", help="queries for the dataset: JSONL, TSV, one per line")
    group = verb.add_argument_group("the source")
    group.add_argument("--source", type=Path, metavar="FILE", help="a JSON file with all of it, and the templates")
    group.add_argument("--engine", choices=[*ENGINES][:-1])
    group.add_argument("--address", help="postgresql://user@host/database, https://host:9200 …; without a key")
    group.add_argument("--index", help="an index, collection or table")
    for name in ("id", "title", "text", "vector", "score"):
        group.add_argument(f"--{name}-field", metavar="NAME", help=f"the field of the {name} (default: guessed)")
    group.add_argument("--metadata", metavar="NAMES", help="fields that are shown beside a passage, comma separated")
    group.add_argument("--key-variable", metavar="NAME", help="the environment variable that has the key or password")
    group.add_argument("--key-header", metavar="NAME", help="the header of an HTTP API's key (default: a bearer token)")
    group.add_argument("--hits", metavar="PATH", help="of an HTTP API: where in its answer the list of hits is")
    group.add_argument("--per-second", type=float, metavar="N", help="requests per second at most")
    group.add_argument("--timeout", type=float, metavar="S", help="seconds per request (default: 10)")
    group.add_argument(
        "--vector-model",
        help="the dense model that the index was filled with: bundled, a folder, a hub name, or openai:, cohere: or "
        "voyage: and a model's name (default: bundled)",
    )
    group.add_argument("--vector-address", metavar="URL", help="of a server of embeddings that speaks as OpenAI does")
    group.add_argument("--vector-key", metavar="VARIABLE", help="the variable that holds the embedding service's key")
    for side in ("query", "passage"):
        what = f"put before a {side} that is embedded (default: what is known of the model)"
        group.add_argument(f"--{side}-prefix", metavar="TEXT", help=what)
    group.add_argument(
        "--template",
        dest="templates",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a query in the engine's language with {{query}}, {{vector}}, {{k}}: SQL or JSON; may be given several "
        "times, each is a first stage, engine:NAME (default: those that fit the fields). Without the options "
        "of a source: added to the dataset of this name, which is connected already",
    )
    what = (
        "say what a vector index misses of a whole scan's first 100 (PostgreSQL), by --question or by the first 20 "
        "queries of a connected dataset; the whole table is read for each"
    )
    verb.add_argument("--check-recall", action="store_true", help=what)
    verb = add_verb(
        verbs, "refresh", "ask a connected dataset's engine again, and say what is new, gone, moved or has another text"
    )
    verb.add_argument("dataset")
    verb.add_argument("--dry-run", action="store_true", help="say what changed, and keep nothing of it")


def add_filling(verb: Parser) -> None:
    """Which index elsewhere is filled."""
    verb.add_argument(
        "--to",
        metavar="SOURCE",
        help="fill an empty table or index with the dataset's passages and vectors: a JSON file as for connect "
        "--source, or a connected dataset; what is there already stays, so a fill that was stopped goes on",
    )
