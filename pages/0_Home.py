"""Home: the doors for who grades, who decides and who presents, one's own data, and what is here."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame
from pages.ui.home import page as home
from pages.ui.invitations import listing

space = frame.open_page("Home")
st.title("Rerank Lens")
st.markdown("Which reranker, at which settings, is better on **your** data, and what proves it?")
with st.container(key="home"):
    home.doors()
    home.own_data(space)
    home.datasets_cards(space)
    listing.everything(space)
    home.rerankers_line(space)
