"""The app: `streamlit run app.py` imports this file for `app`, the server; for each page, `app` runs it as a script."""

from __future__ import annotations

import streamlit as st

if __name__ == "__main__":
    from pages.ui import menu

    menu.run()
else:
    from starlette.middleware import Middleware

    from pages.ui import failures
    from pages.ui.outbox import side_route
    from pages.ui.server import ends_of_runs, lifespan
    from pages.ui.server.first_script import FirstScript
    from pages.ui.server.host_check import HostCheck

    app = st.App(
        __file__,
        routes=side_route.routes(),
        middleware=[Middleware(HostCheck), Middleware(FirstScript)],
        lifespan=lifespan.running,
        on_script_error=failures.in_words,
    )
    lifespan.show_own_pages_only()
    ends_of_runs.keep()
