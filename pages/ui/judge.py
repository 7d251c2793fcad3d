"""Who grades: the signed-in person where the app has a sign-in, else a name that is asked once and kept in the link.

Nobody grades without a name. Names are matched by `text.person_key`: the same name is the same person.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

import streamlit as st

from pages.ui import cache, roles, state
from pages.ui.markdown import plain
from rerank_core.store import judges
from rerank_core.store.datasets import DatasetRow
from rerank_core.text import person_key, same_text

LONGEST_NAME = 80
MOST_OFFERED = 6
COOKIE = "rerank_lens_name"
"""Who graded in this browser last: offered the next time, never used unasked."""
NO_NAMES = frozenset({"me"})
"""What the app itself wrote before it asked for names; it says nothing of who it was."""


def who_grades(dataset: DatasetRow) -> str:
    """The judge's name; stops the page with a way to say it where nobody has."""
    if (signed_in := _signed_in()) is not None:
        return signed_in
    _take_linked_name()
    if not (state.take(state.JUDGE) or "").strip():
        st.title("Grade passages")
        st.markdown(
            "You read a query and, one after the other, passages that may answer it. You grade how well each does."
        )
        ask(dataset)
        st.stop()
    name = name_field("Kept with each grade. With the same name you continue where you stopped, on any computer.")
    st.query_params[state.JUDGE] = name
    return name


def name_field(purpose: str) -> str:
    """The signed-in person, else what is typed at the sidebar's end; "" while nobody said a name.

    `purpose`: the field's help. To be called outside of the sidebar's own block: where the app has a sign-in, the page
    asks for it in its middle and stops until somebody has signed in.
    """
    if (signed_in := _signed_in()) is not None:
        return signed_in
    _take_linked_name()
    st.sidebar.text_input(
        "Your name",
        key=state.JUDGE,
        max_chars=LONGEST_NAME,
        persist_state="session",
        help=purpose,
        on_change=_match_typed,
    )
    name = str(state.take(state.JUDGE) or "").strip()
    if name:
        keep_in_browser(COOKIE, name)
    return name


def _closed() -> None:
    state.put(state.NOT_SAID, state.take(state.WAITING))


@st.dialog("Who grades?", on_dismiss=_closed)
def ask_in_dialog(dataset: DatasetRow, waiting: int) -> None:
    """Ask for the name while `waiting` grades wait for it. To be called where nobody has a name yet."""
    state.put(state.WAITING, waiting)
    what = "1 grade waits" if waiting == 1 else f"{waiting} grades wait"
    st.markdown(f"{what} for your name. Nothing is lost.")
    if ask(dataset):
        st.rerun()


def spelling(name: str) -> str:
    """The name as this person wrote it before, in any dataset; tidied where they are new. "" for what is no name."""
    tidy = same_text(name)[:LONGEST_NAME].strip()
    if not person_key(tidy) or person_key(tidy) in NO_NAMES:
        return ""
    with cache.workspace().open() as db:
        return judges.known_spelling(db, tidy) or tidy


def kept_in_browser(cookie: str) -> str:
    """What this browser was given to keep under this name; "" where nothing."""
    return unquote(st.context.cookies.get(cookie, ""))[:LONGEST_NAME].strip()


def keep_in_browser(cookie: str, text: str) -> None:
    """Have the browser keep a short text for a year; it comes back with the next visit."""
    # a percent-encoded text holds no sign that could end the string or the cookie
    said = f'document.cookie="{cookie}={quote(text, safe="")};path=/;max-age=31536000;samesite=strict"'
    st.html(f"<script>{said}</script>", unsafe_allow_javascript=True)


def _take_linked_name() -> None:
    if state.take(state.JUDGE) is None and (named := spelling(st.query_params.get(state.JUDGE, ""))):
        state.put(state.JUDGE, named)


def _match_typed() -> None:
    state.put(state.JUDGE, spelling(str(state.take(state.JUDGE) or "")))


def _signed_in() -> str | None:
    """The signed-in person; None where the app has no sign-in. Stops the page where nobody has signed in yet."""
    now = st.user.get("is_logged_in")
    if now is None:
        return None
    if not now:
        st.title("Grade passages")
        st.markdown("Sign in first, so that your grades are kept under your name.")
        st.button("Sign in", type="primary", on_click=st.login)
        st.stop()
    name = roles.login_name()
    st.sidebar.markdown(f"Signed in as **{plain(name)}**")
    return name


def ask(dataset: DatasetRow) -> bool:
    """Offer who graded here before, and a field for anybody else. Whether somebody has just answered."""
    with cache.workspace().open() as db:
        people = {row.judge: row.grades for row in judges.judges(db, dataset.id) if "human" in row.sources}
    unnamed = {name: people.pop(name) for name in list(people) if person_key(name) in NO_NAMES}
    here = kept_in_browser(COOKIE)
    here = next((name for name in people if person_key(name) == person_key(here)), spelling(here))
    others = [name for name in sorted(people, key=lambda name: (-people[name], name)) if name != here]
    answered = False
    with st.container(horizontal=True):
        for place, name in enumerate([*filter(None, [here]), *others][:MOST_OFFERED]):
            done = f" ({people[name]:,} done)" if people.get(name) else ""
            answered |= st.button(
                f"Go on as {plain(name)}{done}",
                key=f"go_on_{place}",
                type="primary" if name == here else "secondary",
                on_click=state.put,
                args=(state.JUDGE, name),
            )
    with st.form("who", border=False, width=420):
        label = "Or another name" if here or others else "Your name"
        st.text_input(label, key=state.NEW_JUDGE, max_chars=LONGEST_NAME, placeholder="for example Ann")
        answered |= st.form_submit_button("Start", type="secondary" if here else "primary", on_click=_named)
    if answered and not state.take(state.JUDGE):
        st.warning("Type the name that others know you by.")
        answered = False
    st.caption(
        "With the same name you continue where you stopped, on any computer. Capitals and spaces do not count. "
        "Whoever has the same name counts as the same person."
    )
    if unnamed:
        count, said = sum(unnamed.values()), plain(" and ".join(f"“{name}”" for name in unnamed))
        st.caption(f"Grades from before names were asked: {count:,}, kept under {said}. They count as they are.")
    return answered


def _named() -> None:
    if name := spelling(str(state.take(state.NEW_JUDGE) or "")):
        state.put(state.JUDGE, name)
