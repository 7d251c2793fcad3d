"""A link as HTML, for addresses within the app."""

from __future__ import annotations

from html import escape


def link_html(address: str, text: str) -> str:
    """A link that loads the address in the same tab.

    The browser's own way: the address bar then holds the whole view and Back returns to the page as it was. Streamlit's
    page links take the bound parameters out of the address, and leave an entry without them in the history.
    """
    style = "color:inherit;font-weight:600;text-decoration:underline;text-underline-offset:3px"
    return f'<a href="{escape(address)}" style="{style}">→ {escape(text)}</a>'
