"""A model of the catalogue with settings of one's own, saved by name: another layer, a server's address, a length."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import roles, state
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.catalog import catalog
from rerank_core.rerankers.catalogue.model import Model, Setting
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import add_variant


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
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    name = left.text_input("Name", key="variant_name", placeholder=f"{chosen}-long")
    if right.button("Save", key="variant_save", width="stretch"):
        changed = {one.name: values[one.name] for one in models[chosen].settings if values[one.name] != one.default}
        try:
            add_variant(space, name.strip(), chosen, changed)
        except RerankLensError as error:
            state.put(state.VARIANT_SAVED, (False, str(error)))
        else:
            state.put(state.VARIANT_SAVED, (True, f"'{name.strip()}' is in the list."))
        st.rerun()
    said = state.pop(state.VARIANT_SAVED)
    if said is not None:
        (st.success if said[0] else st.error)(plain(said[1]))


def _field(model: str, setting: Setting) -> Any:
    """A widget by the setting's type; keys are never asked for, only the name of the variable that holds one."""
    key = f"set-{model}-{setting.name}"
    label = f"{setting.name}{' (needed)' if setting.required else ''}"
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
