"""A model of the catalogue with settings of one's own, saved by name: another layer, a server's address, a length."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import roles, state
from pages.ui.rerankers.saving import save_as
from rerank_core.rerankers.catalogue.catalog import catalog
from rerank_core.rerankers.catalogue.model import Model, Setting
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import add_variant

LABELS = {
    "max_length": "Longest text (tokens)",
    "max_tokens_per_doc": "Longest passage (tokens)",
    "base_url": "Address of the server",
    "more_addresses": "Other addresses of the same model",
    "parallel": "Requests at a time to each address",
    "key_variable": "Variable that holds the key",
    "max_words": "Longest passage (words)",
    "compress_ratio": "Compression",
    "compress_layers": "Layers to compress after",
    "top_logprobs": "Likely tokens asked for",
    "timeout": "Seconds for one attempt",
    "trust_remote_code": "Run the model's own code",
}
"""Settings whose name does not say what they are."""


def is_local(model: Model) -> bool:
    """Whether its settings name no server and no key."""
    return not {"base_url", "key_variable"}.intersection(setting.name for setting in model.settings)


def variant(space: Workspace) -> None:
    """Choose a model, change its settings, save it as a system."""
    st.subheader("A model with settings of your own")
    models = {model.id: model for model in catalog() if model.settings and (is_local(model) or roles.may_set_servers())}
    chosen = st.selectbox("Model", list(models), format_func=lambda one: models[one].label, key=state.VARIANT_OF)
    if models[chosen].note:
        st.caption(models[chosen].note)
    values = {setting.name: _field(chosen, setting) for setting in models[chosen].settings}

    def save(name: str, replace: bool) -> str:
        changed = {one.name: values[one.name] for one in models[chosen].settings if values[one.name] != one.default}
        return add_variant(space, name, chosen, changed, replace)

    save_as(f"variant-{chosen}", f"{chosen}-long", save, lambda name: "It is a model with settings.")


def _field(model: str, setting: Setting) -> Any:
    """A widget by the setting's type; keys are never asked for, only the name of the variable that holds one."""
    key = f"set-{model}-{setting.name}"
    name = LABELS.get(setting.name, setting.name.replace("_", " ").capitalize())
    label = f"{name}{' (needed)' if setting.required else ''}"
    if setting.choices:
        place = setting.choices.index(setting.default) if setting.default in setting.choices else 0
        return st.selectbox(label, setting.choices, place, help=setting.help, key=key)
    if isinstance(setting.default, bool):
        return st.checkbox(label, setting.default, help=setting.help, key=key)
    if isinstance(setting.default, float):
        low, high = (None if bound is None else float(bound) for bound in (setting.low, setting.high))
        return st.number_input(label, low, high, setting.default, help=setting.help, key=key)
    if isinstance(setting.default, int) or setting.default is None:
        low, high = (None if bound is None else int(bound) for bound in (setting.low, setting.high))
        return st.number_input(
            label, low, high, setting.default, 1, help=setting.help, key=key, placeholder="the model's own"
        )
    return st.text_input(label, setting.default, help=setting.help, key=key)
