"""`rerank-lens`, or `python -m rerank_core`: the door to the app and the verbs, and all that is printed."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import traceback
from collections.abc import Sequence

from rerank_core.errors import CancelledError, NotFoundError, RerankLensError, SettingsError
from rerank_core.inference.idle_threads import sleep_while_waiting
from rerank_core.shell.answer import FAILED, STOPPED, USAGE, Call, Verb, VerbResult, table
from rerank_core.shell.options import parser
from rerank_core.shell.progress import progress
from rerank_core.store.workspace import Workspace


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code (see `shell.answer.CODES`)."""
    sleep_while_waiting()
    options = parser().parse_args(words)
    # after the options: --help needs none of what the verbs import
    from rerank_core.shell.verbs import VERBS

    return run_verb(VERBS[options.verb], options)


def run_verb(verb: Verb, options: argparse.Namespace) -> int:
    """Call `verb`, print its answer or its error, and return the exit code.

    `options` has what the verb reads, and `workspace` (a path or None) and `json` (whether to print JSON).
    """
    if any("\0" in str(value) for value in vars(options).values()):
        return _stop("error: no path and no name can hold a NUL character", USAGE)
    try:
        with progress(quiet=options.json) as tell:
            answer = verb(Call(Workspace(options.workspace), options, tell))
    except (NotFoundError, SettingsError) as wrong:
        return _stop(f"error: {wrong}", USAGE)
    except (KeyboardInterrupt, CancelledError):
        return _stop("stopped; what was finished is kept", STOPPED)
    except (RerankLensError, OSError, sqlite3.Error) as failure:
        return _stop(f"error: {failure}", FAILED)
    except Exception:
        # a fault of ours must not exit with 1, which is the gate's no and watch's alert
        traceback.print_exc()
        return FAILED
    _print(answer, options.json)
    return answer.code


def _print(answer: VerbResult, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer.value, ensure_ascii=False, indent=2))
        return
    for line in answer.lines:
        print(line)
    if answer.rows:
        print(table(answer.rows))


def _stop(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
