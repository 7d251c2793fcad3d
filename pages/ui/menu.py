"""The navigation: every page has its address, and the sidebar shows those that somebody may open, grouped, as links."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import address, roles, state
from pages.ui.doors import DOORS, GROUPS, INVITED, Door, page_link
from pages.ui.markdown import plain


def run() -> None:
    """Run the page that the address names. To be called by the app's first script, and by nothing else."""
    pages = [door.page() for door in (*DOORS.values(), INVITED)]
    # Streamlit tells of an unknown page in a dialog, and shows the first page behind it
    missing = _missing_page()
    more = [st.Page(_no_such_page, title="Not here", url_path=missing, visibility="hidden")] if missing else []
    page = st.navigation([*pages, *more], position="hidden")
    state.put(state.MENU, st.sidebar.container(key="menu").empty())
    state.put(state.MENU_LINK, None)
    page.run()
    follow()


def follow() -> None:
    """Bring the address and the sidebar's links up to the view; to be called whenever the view has changed."""
    address.write()
    show()


def show() -> None:
    """Draw the sidebar's links, unless they stand there as they would be drawn."""
    slot = state.take(state.MENU)
    query = address.link()
    if isinstance(slot, DeltaGenerator) and state.take(state.MENU_LINK) != query:
        state.put(state.MENU_LINK, query)
        _draw(slot)


def _draw(slot: DeltaGenerator) -> None:
    shown = {group: [door for door in doors if roles.opens(door.name)] for group, doors in GROUPS.items()}
    with slot.container(gap=None):
        for group, doors in shown.items():
            if group and doors:
                st.caption(group)
            for door in doors:
                _entry(door)


def _entry(door: Door) -> None:
    page_link(door.name, icon=door.icon)


def _missing_page() -> str:
    """The path in the address where no page of ours has it; "" where one has, or it has several parts."""
    path = unquote(urlsplit(st.context.url or "").path).strip("/")
    name = path.rsplit("/", 1)[-1]
    return name if name and name not in {door.path for door in (*DOORS.values(), INVITED)} else ""


def _no_such_page() -> None:
    from pages.ui import frame

    frame.open_page("Not here")
    st.title("Not here")
    st.markdown(f"This app has no page **{plain(_missing_page())}**. These pages are here:")
    with st.container(gap=None):
        for door in DOORS.values():
            if roles.opens(door.name):
                _entry(door)
