"""A new link on the screen: with a button that copies it, and as a QR code."""

from __future__ import annotations

from pathlib import Path

import segno
import streamlit as st

from pages.ui.invitations.address import address, is_of_this_machine
from pages.ui.server.host_check import VARIABLE
from rerank_core.judging.invitations import Made, link

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "rerank_lens_invitation",
    css=(_HERE / "card.css").read_text(encoding="utf-8"),
    js=(_HERE / "card.js").read_text(encoding="utf-8"),
)


def show(made: Made, key: str) -> None:
    """The link of a new invitation; it cannot be shown again later."""
    where = address()
    whole = link(where, made.code)
    name = {"judge": f"invitation for {made.row.name}", "voter": "vote", "reader": "report"}[made.row.kind]
    _mount(key=key, data={"link": whole, "qr": qr_code(whole), "name": name})
    st.caption(
        "Shown once: keep it, or make another one later. Whoever has the link can use it, so send it to its guest "
        "only. To close it, press **Withdraw** in the list of invitations on the first page."
    )
    if is_of_this_machine(where):
        st.warning(
            f"Only this machine can open this link: the app listens on localhost. For others, start it with an address "
            f"that they reach, and name that in `{VARIABLE}`."
        )


def qr_code(text: str) -> str:
    """The text as a QR code: a picture in a data URI, black on white in any theme, with the margin that phones need."""
    return str(segno.make(text, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff"))
