"""Under which address guests open the app."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import streamlit as st

from pages.ui.server.host_check import LOCAL, VARIABLE


def address() -> str:
    """Where guests open the app: as it is open here, unless only this machine can open that and another is named."""
    here = _open_here()
    if here and not is_of_this_machine(here):
        return here
    named = next((one.strip() for one in os.environ.get(VARIABLE, "").split(",") if "://" in one), "")
    return named or here or "http://localhost:8501"


def is_of_this_machine(address: str) -> bool:
    """Whether only this machine can open an address."""
    try:
        return (urlsplit(address).hostname or "") in LOCAL
    except ValueError:
        return False


def _open_here() -> str:
    """The app's address as this browser has it, without the page."""
    url = str(st.context.url or "").partition("#")[0].partition("?")[0]
    if not url.startswith(("http://", "https://")):
        return ""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" + (f"/{base}" if base else "")
