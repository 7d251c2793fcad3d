"""Which language model to ask: its address, its name, and the variable that holds its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import roles, state
from rerank_core.judging.llm.judge import MODEL

_HELP = {setting.name: setting.help for setting in MODEL.settings}
_DEFAULT = {setting.name: setting.default for setting in MODEL.settings}
_ANSWER = next(setting for setting in MODEL.settings if setting.name == "max_answer_tokens")


def choose_model(last: Mapping[str, Any]) -> dict[str, str]:
    """The settings base_url, model and key_variable from three fields; what was used `last` stands in them at first."""
    start = {**_DEFAULT, **last}
    fixed = not roles.may_set_servers()
    address, model, key = st.columns([3, 3, 2])
    given = {
        "base_url": address.text_input(
            "Address", start["base_url"], key=state.LLM_ADDRESS, persist_state="session", disabled=fixed,
            help="Of anything that speaks OpenAI's protocol: OpenAI, vLLM, Ollama, llama.cpp, a gateway. Without "
            "/chat/completions.",
        ),
        "model": model.text_input(
            "Model", start["model"], key=state.LLM_MODEL, persist_state="session", help=_HELP["model"]
        ),
        "key_variable": key.text_input(
            "Key variable", start["key_variable"], key=state.LLM_KEY, persist_state="session", disabled=fixed,
            help=_HELP["key_variable"],
        ),
    }  # fmt: skip
    if fixed:
        # whatever a browser sent: grades are asked where an administrator asked last, or by default
        given |= {name: start[name] for name in ("base_url", "key_variable")}
    return {name: str(value or "").strip() for name, value in given.items()}


def choose_answer_tokens(column: DeltaGenerator, last: Mapping[str, Any]) -> int:
    """The most tokens of an answer; an answer that was cut names this setting."""
    start = {**_DEFAULT, **last}[_ANSWER.name]
    chosen = column.number_input(
        "Tokens of an answer", int(_ANSWER.low or 1), int(_ANSWER.high or start), start, 1, key=state.LLM_ANSWER,
        persist_state="session", help=_ANSWER.help,
    )  # fmt: skip
    return int(chosen)
