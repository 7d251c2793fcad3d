"""The pages of the app by name, and the groups that the sidebar shows them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import address

FOLDER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Door:
    """A page. `name`: what people call it, and what `frame.open_page` is given. `file`: its script in `pages/`."""

    name: str
    file: str
    icon: str

    @property
    def path(self) -> str:
        """The last part of the page's address; "" for the first page."""
        return "" if self is HOME else self.name.replace(" ", "_")

    def page(self) -> st.Page:
        """The page as Streamlit's navigation and links take it."""
        # no icon: Streamlit would fetch it from another server, for the browser's tab
        return st.Page(FOLDER / self.file, title=self.name, icon="", url_path=self.path or "Home", default=self is HOME)


HOME = Door("Home", "0_Home.py", ":material/home:")
GROUPS: dict[str, tuple[Door, ...]] = {
    "": (HOME,),
    "Grade": (
        Door("Label", "6_Label.py", ":material/rate_review:"),
        Door("Agreement", "7_Agreement.py", ":material/handshake:"),
    ),
    "Compare and decide": (
        Door("Compare", "1_Compare.py", ":material/view_column_2:"),
        Door("Evaluate", "2_Evaluate.py", ":material/balance:"),
        Door("Inspect", "5_Inspect.py", ":material/search:"),
        Door("Tune", "2_Tune.py", ":material/tune:"),
        Door("Train", "2_Train.py", ":material/model_training:"),
    ),
    "Present": (Door("Present", "9_Present.py", ":material/co_present:"),),
    "Your data": (Door("Data", "3_Data.py", ":material/database:"),),
    "Technical": (
        Door("Rerankers", "4_Rerankers.py", ":material/sort:"),
        Door("LLM grades", "8_LLM_grades.py", ":material/smart_toy:"),
        Door("Traffic", "9_Traffic.py", ":material/monitoring:"),
    ),
}
"""The pages in the order of the sidebar. The group of the first page has no name."""

# opened by an invitation's link, and by nobody who looks for it
INVITED = Door("Invited", "0_Invited.py", "")
DOORS = {door.name: door for doors in GROUPS.values() for door in doors}


def page_link(
    name: str,
    label: str | None = None,
    *,
    icon: str | None = None,
    params: Mapping[str, str | list[str]] | None = None,
    where: DeltaGenerator | None = None,
) -> None:
    """A link to the page of this name that carries the view; `params` come on top, an empty list takes one out.

    `label`: Markdown, the page's name unless given. `where`: the container to draw in, here unless given.
    """
    query = {key: value for key, value in {**address.link(), **(params or {})}.items() if value}
    (where or st).page_link(DOORS[name].page(), label=label, icon=icon, query_params=query)


def go(name: str, params: Mapping[str, str | list[str]] | None = None) -> NoReturn:
    """Open the page of this name with the view, from within a script; `params` as for `page_link`."""
    query = {key: value for key, value in {**address.link(), **(params or {})}.items() if value}
    st.switch_page(DOORS[name].page(), query_params=query)
