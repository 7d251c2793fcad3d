"""Has the end of a page's run reach its tab, also where a part of the page that refreshes by itself asks just then.

Streamlit 1.67 takes up such an ask with a new runner as soon as the thread of the last one has ended, and drops what
the last one has sent and the event loop has not forwarded yet: all of a short run, where the loop was busy. The tab
then goes on showing the page as it was before, and waits: parts that the lost run took away are asked for in vain, so
that nothing runs the page again before somebody clicks.

A run that begins also drops the address of a file that was just made for a download: its button would turn for ever.
"""

from __future__ import annotations

from functools import wraps

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType


def keep() -> None:
    """Have every session of this process take up a part of a page only after all of the run before was forwarded.

    Files that were made for a download are told of, whatever runs meanwhile.
    """
    take_up, clear = AppSession.request_rerun, AppSession._clear_queue
    if hasattr(take_up, "__wrapped__"):
        return

    @wraps(take_up)
    def request_rerun(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.fragment_id and _has_ended(self):
            # a run says all that it has to say before its runner counts as ended: this stands in line behind it
            self._event_loop.call_soon(take_up, self, client_state)
        else:
            take_up(self, client_state)

    @wraps(clear)
    def clear_queue(self: AppSession, fragment_ids_this_run: list[str] | None = None) -> None:
        waiting = self._browser_queue._queue
        made = [message for message in waiting if message.WhichOneof("type") == "backend_operation_response"]
        clear(self, fragment_ids_this_run)
        for message in made:
            self._browser_queue.enqueue(message)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]
    AppSession._clear_queue = clear_queue  # type: ignore[method-assign]


def _has_ended(session: AppSession) -> bool:
    """Whether the session's runner takes nothing up any more, and the session does not know it yet."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
