"""Whether people may name paths on this machine: whoever opens the app would read its files."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles
from rerank_core.corpus.import_roots import import_roots


def are_open() -> bool:
    """Whether whoever is here may name a path."""
    return import_roots() != () and roles.may_set_servers()


def field(placeholder: str, key: str) -> str:
    """The field for a path, its spaces cut; "" and no field where no path may be named."""
    if not are_open():
        return ""
    roots = import_roots()
    within = f" Within: {', '.join(str(root) for root in roots)}." if roots else ""
    return st.text_input(
        "A path on this machine",
        placeholder=placeholder,
        help=f"For large corpora: no upload needed.{within}",
        key=key,
    ).strip()
