"""The options of the verb `serve`."""

from __future__ import annotations

from pathlib import Path

from rerank_core.shell.option_groups import Parser, Verbs, add_verb

KEYS_VARIABLE = "RERANK_LENS_SERVE_KEYS"
_MORE = (
    "Speaks Cohere's /v2/rerank and /v1/rerank, the /rerank of Jina, Voyage and vLLM (documents) and of Text "
    "Embeddings Inference (texts), and has /health, /info, /metrics and /openapi.json. Ctrl+C or SIGTERM ends it when "
    f"all that it took is answered. {KEYS_VARIABLE} holds the bearer keys of callers, separated by spaces; without it "
    "everybody on this machine may ask, and no other machine."
)


def add_serving(verbs: Verbs[Parser]) -> None:
    """The verb `serve`."""
    verb = add_verb(
        verbs, "serve", "serve a system over HTTP as it was measured, for clients of usual protocols", _MORE
    )
    verb.add_argument("--system", required=True, metavar="ID", help="which system (rerank-lens systems lists them)")
    verb.add_argument(
        "--port", type=int, default=8787, help="the port it listens on (default: %(default)s; 0: a free one)"
    )
    verb.add_argument(
        "--address", default="127.0.0.1", help=f"where it listens (default: %(default)s; others need {KEYS_VARIABLE})"
    )
    _limits(verb)
    group = verb.add_argument_group("what is kept")
    group.add_argument(
        "--cache-seconds",
        type=float,
        default=3600.0,
        metavar="N",
        help="keep scores for so long (default: 3600; 0: never)",
    )
    group.add_argument(
        "--log", type=Path, metavar="FILE", help="write each request as a line of JSON (default: nowhere)"
    )
    group.add_argument("--log-hashes", action="store_true", help="the hash of a query in the log, not the query")
    group.add_argument(
        "--log-mib", type=int, default=64, metavar="N", help="a log is turned at N MiB (default: %(default)s)"
    )
    group.add_argument(
        "--log-files", type=int, default=5, metavar="N", help="the newest N files of it are kept (default: %(default)s)"
    )
    group = verb.add_argument_group("beside it")
    group.add_argument("--shadow", metavar="ID", help="a system that ranks a share of the traffic unseen, into the log")
    group.add_argument("--share", type=float, default=0.1, metavar="X", help="which share (default: %(default)s)")


def _limits(verb: Parser) -> None:
    group = verb.add_argument_group("limits")
    for name, default, what in (
        ("max-body-mib", 4, "MiB of a request"),
        ("max-documents", 1000, "documents of a request"),
        ("max-tokens", 500_000, "tokens of a request before any cut"),
        ("at-once", 16, "requests that are worked on side by side"),
        ("waiting", 64, "requests that may wait for those; one more gets a 429"),
    ):
        group.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default: %(default)s)")
