"""`python -m rerank_core`: the door to the verbs, and all that is printed."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence

from rerank_core.errors import CancelledError, NotFoundError, RerankLensError, SettingsError
from rerank_core.shell.answer import FAILED, STOPPED, USAGE, table
from rerank_core.shell.options import parser
from rerank_core.shell.progress import progress
from rerank_core.store.workspace import Workspace


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code (see `shell.codes`)."""
    options = parser().parse_args(words)
    from rerank_core.shell.answer import Answer, Call
    from rerank_core.shell.verbs import VERBS

    try:
        with progress(quiet=options.json) as tell:
            answer: Answer = VERBS[options.verb](Call(Workspace(options.workspace), options, tell))
    except (NotFoundError, SettingsError) as wrong:
        return _stop(f"error: {wrong}", USAGE)
    except (KeyboardInterrupt, CancelledError):
        return _stop("stopped; what was finished is kept", STOPPED)
    except (RerankLensError, OSError) as failure:
        return _stop(f"error: {failure}", FAILED)
    except Exception:
        # a fault of ours must not exit with 1, which is the gate's no
        traceback.print_exc()
        return FAILED
    if options.json:
        print(json.dumps(answer.value, ensure_ascii=False, indent=2))
        return answer.code
    for line in answer.lines:
        print(line)
    if answer.rows:
        print(table(answer.rows))
    return answer.code


def _stop(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
