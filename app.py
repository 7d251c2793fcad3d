"""The door: what this is, what is loaded, what is ready, and the next step. And the server: pages and the side route.

`streamlit run app.py` imports this file for `app`, and `app` runs it as its first page.
"""

from __future__ import annotations

import streamlit as st

if __name__ == "__main__":
    from pages.ui import frame
    from pages.ui import start as overview

    space = frame.open_page("Start")
    st.title("Rerank Lens")
    st.markdown("Which reranker, at which settings, is better on **your** data, and what proves it?")
    overview.next_steps()
    overview.datasets_table(space)
    overview.rerankers_line(space)
else:
    from starlette.middleware import Middleware

    from pages.ui import server
    from pages.ui.host_check import HostCheck
    from pages.ui.outbox import side_route

    app = st.App(__file__, routes=side_route.routes(), middleware=[Middleware(HostCheck)], lifespan=server.running)
