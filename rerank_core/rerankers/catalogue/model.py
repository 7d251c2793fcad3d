"""A row of the catalogue: the facts of one model and the settings it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rerank_core.errors import SettingsError

Family = str
Hosting = Literal["local", "api"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a person may set.

    `default` also gives the type: bool, int, float or str; None means "the model's own" and takes an int.
    `choices` (if any) are all that is allowed, `low` and `high` bound a number, and a text must match `pattern`, which
    `expected` says in words. `required`: the default is no answer, the model is ready only when a person gave one.
    `scores` False: it never changes a score, and scores made at other values of it are as good. `former`: values that
    were allowed once, and what each is called now.
    """

    name: str
    default: bool | int | float | str | None
    help: str
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    expected: str = ""
    required: bool = False
    scores: bool = True
    former: tuple[tuple[Any, Any], ...] = ()

    def check(self, value: Any) -> Any:
        """The value itself, by its present name; raises SettingsError where it is not allowed."""
        value = next((now for once, now in self.former if once == value), value)
        if self.choices:
            if value not in self.choices:
                raise SettingsError(f"{self.name} must be one of {', '.join(map(str, self.choices))}, not {value!r}")
            return value
        if value is None and self.default is None:
            return None
        kind = int if self.default is None else type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise SettingsError(f"{self.name} must be of type {kind.__name__}, not {value!r}")
        low, high = self.low, self.high
        if isinstance(value, int | float) and (
            (low is not None and value < low) or (high is not None and value > high)
        ):
            raise SettingsError(f"{self.name} must lie between {low} and {high}, not {value!r}")
        if self.pattern and value and not re.fullmatch(self.pattern, str(value)):
            # the value stays out of the message: somebody may have pasted a key
            raise SettingsError(f"{self.name} must be {self.expected}")
        return value


@dataclass(frozen=True, slots=True)
class Extra:
    """A library that is not always installed: its import name and the line that installs it.

    `versions`: those that work, such as ">=1.4.2,<1.5"; empty: any. `imports`: modules of other libraries ("a.module")
    and names of them ("a.module:NAME") without which it cannot be imported.
    """

    module: str
    pip: str
    versions: str = ""
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One reranker that can be picked. None in a fact: not known, and shown so.

    `source` is a hub name or a folder ("bundled": shipped as a package; "": nothing to load). `parameters` counts
    weights, `max_tokens` query and passage together unless `note` says otherwise. `memory_fp16` and `download_bytes`
    are in bytes; `memory_fp16` is that of the weights alone (2 bytes each). `score_scale` says what the raw number is.
    `keys` are environment variables of which one must be set. `needs_gpu`: too slow or too large without one.
    `trust_remote_code`: the model brings Python code that must be allowed explicitly. `retired`: settings that it once
    had, which workspaces may still hold; they change nothing and are left out.
    """

    id: str
    label: str
    family: Family
    source: str = ""
    parameters: int | None = None
    licence: str | None = None
    languages: str | None = None
    max_tokens: int | None = None
    hosting: Hosting = "local"
    score_scale: str = "logit"
    cost: str = "own hardware"
    price_per_1000: float | None = None
    card: str | None = None
    download_bytes: int | None = None
    settings: tuple[Setting, ...] = ()
    extra: Extra | None = None
    keys: tuple[str, ...] = ()
    needs_gpu: bool = False
    trust_remote_code: bool = False
    retired: tuple[str, ...] = ()
    note: str = ""

    @property
    def memory_fp16(self) -> int | None:
        """Bytes of the weights at two bytes each; None where the number of parameters is not known."""
        return None if self.parameters is None else 2 * self.parameters

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """All settings of this model, by name: the given ones checked, the others at their default.

        Raises SettingsError for a name that this model does not have, or a value that is not allowed.
        """
        known = {setting.name: setting for setting in self.settings}
        if unknown := sorted(set(settings) - set(known) - set(self.retired)):
            raise SettingsError(f"{self.label} has no setting {', '.join(unknown)}; it has {_names(list(known))}")
        return {
            name: setting.check(settings[name]) if name in settings else setting.default
            for name, setting in known.items()
        }


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def readable_bytes(count: int) -> str:
    """Such as "18 MB" or "2.3 GB" (powers of ten, as hubs count)."""
    if count < 10**9:
        return f"{max(1, round(count / 10**6))} MB"
    return f"{count / 10**9:.1f} GB"
