"""A tab whose page runs to its end while the server's loop is busy, and then is asked for a part; what the tab gets.

A program: `python -m tests.support.ends_of_runs`, which prints the texts of the page that reach the tab after a click.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.runtime import Runtime, RuntimeConfig
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.session_manager import SessionClient

from pages.ui.server import ends_of_runs

PAGE = """
import streamlit as st

st.markdown(f"clicked: {st.button('go on', key='go')}")

@st.fragment(run_every=1_000.0)
def part():
    st.markdown("the part")

part()
"""
PATIENCE = 60.0


class Tab(SessionClient):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[ForwardMsg] = []

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        """Keep a copy: the server reuses its own."""
        self.got.append(ForwardMsg.FromString(msg.SerializeToString()))

    def of(self, kind: str) -> list[ForwardMsg]:
        """Those of a kind."""
        return [message for message in self.got if message.WhichOneof("type") == kind]

    def texts(self) -> list[str]:
        """What the page's texts say, in the order in which they came."""
        found = (message.delta.new_element for message in self.of("delta"))
        return [element.markdown.body for element in found if element.WhichOneof("type") == "markdown"]


async def _until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "nothing came"
        await asyncio.sleep(0.01)


async def seen_after_a_click(page: Path) -> list[str]:
    """The texts that reach the tab after a click, a part of the page being asked for as its run ends."""
    files = MemoryUploadedFileManager("/up")
    runtime = Runtime(RuntimeConfig(str(page), MemoryMediaFileStorage("/media"), files))
    await runtime.start()
    tab = Tab()
    session_id = runtime.connect_session(tab, user_info={})
    session = runtime._session_mgr.get_session_info(session_id).session
    runtime.handle_backmsg(session_id, BackMsg(rerun_script={}))
    await _until(lambda: tab.of("script_finished") and session._scriptrunner is None)
    part = tab.of("auto_rerun")[0].auto_rerun.fragment_id
    elements = (message.delta.new_element for message in tab.of("delta"))
    button = next(element.button.id for element in elements if element.WhichOneof("type") == "button")
    tab.got.clear()
    click = {"id": button, "trigger_value": True}
    runtime.handle_backmsg(session_id, BackMsg(rerun_script={"widget_states": {"widgets": [click]}}))
    runner, end = session._scriptrunner, time.monotonic() + PATIENCE
    while runner._requests._state is not ScriptRequestType.STOP:
        # without an await: the loop forwards nothing until the script's thread has ended
        assert time.monotonic() < end, "the page did not run"
        time.sleep(0.001)
    runtime.handle_backmsg(session_id, BackMsg(rerun_script={"fragment_id": part, "is_auto_rerun": True}))
    part_ended = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    await _until(lambda: part_ended in [message.script_finished for message in tab.of("script_finished")])
    runtime.stop()
    return tab.texts()


if __name__ == "__main__":
    if "--as-streamlit-does" not in sys.argv:
        ends_of_runs.keep()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "page.py"
        script.write_text(PAGE, encoding="utf-8")
        print("\n".join(asyncio.run(seen_after_a_click(script))))
