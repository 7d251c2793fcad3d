"""The stage of the page Present: full screen, and settings that are out of sight while nobody uses them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

CONTROLS = "present_controls"
STYLE = f"""
.block-container {{padding: 0.8rem clamp(1rem, 2.5vw, 4rem) 0.5rem; max-width: 100%}}
[data-testid="stHeader"] {{background: transparent; pointer-events: none; min-height: 0}}
[data-testid="stHeader"] button {{pointer-events: auto}}
.st-key-{CONTROLS} {{padding-left: 2.2rem}}
.st-key-{CONTROLS}, [data-testid="stHeader"] {{transition: opacity 0.2s}}
body[data-resting] .st-key-{CONTROLS}, body[data-resting] [data-testid="stHeader"] {{opacity: 0; visibility: hidden}}
body[data-resting] {{cursor: none}}
"""
BUTTON = """
.full-screen {font: inherit; color: inherit; background: transparent; padding: 0.45rem 0.9rem; border-radius: 0.5rem;
  border: 1px solid color-mix(in srgb, currentColor 40%, transparent); cursor: pointer; white-space: nowrap;}
.full-screen:focus-visible {outline: 3px solid #2a7f9d; outline-offset: 2px;}
"""

_mount = st.components.v2.component(
    "rerank_lens_stage", css=BUTTON, js=Path(__file__).with_name("stage.js").read_text(encoding="utf-8")
)


def controls() -> DeltaGenerator:
    """The row for what sets the page up: three seconds after the last move of the mouse it is out of sight."""
    st.html(f"<style>{STYLE}</style>")
    return st.container(horizontal=True, vertical_alignment="bottom", key=CONTROLS)


def full_screen() -> None:
    """The button for the full screen; the key f does the same."""
    _mount(key="stage")
