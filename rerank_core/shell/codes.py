"""The exit codes, in one place."""

from __future__ import annotations

DONE, NO, USAGE, NOTHING, FAILED, STOPPED = 0, 1, 2, 3, 4, 130

CODES = """exit codes:
    0  done; the gate says yes
    1  the gate says no; nothing else exits with 1
    2  wrong usage: an option, or a dataset, system or setting that is not there
    3  nothing to compare: no graded query that every system has ranked (gate: one of the two left some out;
       measure: a run has no query that is graded)
    4  failed: bad input, a file that cannot be read or written, a system that could not run
  130  stopped by hand; what was finished is kept"""
