"""Key-to-figure latency of the board: from the key event's time stamp to the frame after a figure's text changed.

    python tests/bench/board_latency.py                            # the demo app, 4 systems x 25 passages
    python tests/bench/board_latency.py http://localhost:8501/Compare

Prints JSON: median, p95 and largest time in ms over the grades that moved a figure, and how many moved none. It grades
for real: against an app that runs already, use a workspace that you can throw away. `python -m tests.bench ui`
does the same on the real Compare page of a workspace of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.ui.clock import key_to_figure
from tests.support.browser import ROOT, chromium_page, streamlit_server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", help="a page that shows the board; without it the demo app is started")
    parser.add_argument("--grades", type=int, default=60)
    args = parser.parse_args()
    with ExitStack() as stack:
        if args.url is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            app = ROOT / "tests" / "pages" / "board" / "app_board.py"
            args.url = stack.enter_context(streamlit_server(app, {"BOARD_DB": str(folder / "labels.db")}))
        page = stack.enter_context(chromium_page())
        page.goto(args.url)
        found = key_to_figure(page, args.grades)
    times = sorted(found.ms)
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    result = {
        "n": len(times),
        "median_ms": statistics.median(times),
        "p95_ms": p95,
        "max_ms": times[-1],
        "unmoved": found.unmoved,
    }
    print(json.dumps({name: round(value, 1) for name, value in result.items()}))


if __name__ == "__main__":
    main()
