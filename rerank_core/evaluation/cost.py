"""What 1,000 queries cost as a share of a GPU's hour, and where that equals what a service costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from rerank_core.errors import SettingsError

SECONDS_AN_HOUR = 3600.0


def capacity(seconds_a_query: float) -> float:
    """Queries per hour of one GPU that answers one after the other. Raises SettingsError for 0 seconds or less."""
    _check("The seconds per query", seconds_a_query, above_0=True)
    return SECONDS_AN_HOUR / seconds_a_query


def cost_on_gpu(price_an_hour: float, seconds_a_query: float) -> float:
    """The cost of 1,000 queries on a GPU that is never idle, in the currency of `price_an_hour`.

    `seconds_a_query`: the mean that was measured, one query after the other. With idle hours a query costs more: see
    `break_even`. Raises SettingsError for a negative price, or seconds of 0 or less.
    """
    _check("The price per hour", price_an_hour)
    return 1000 * price_an_hour / capacity(seconds_a_query)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Above `queries_an_hour` a GPU that is paid by the hour costs less than a service that is paid by use.

    `capacity`: the most that one GPU answers in an hour. Both are queries per hour.
    """

    queries_an_hour: float
    capacity: float

    @property
    def reachable(self) -> bool:
        """Whether one GPU can answer that many: if not, the service always costs less than one GPU."""
        return self.queries_an_hour <= self.capacity


def break_even(service_per_1000: float, price_an_hour: float, seconds_a_query: float) -> BreakEven | None:
    """How many queries per hour make the GPU's hour cost as much as the service; None for a service that is free.

    `service_per_1000` and `price_an_hour` in one currency; `seconds_a_query` on that GPU. Raises SettingsError for a
    negative price, or seconds of 0 or less.
    """
    _check("The service's price", service_per_1000)
    _check("The price per hour", price_an_hour)
    if service_per_1000 == 0:
        return None
    return BreakEven(1000 * price_an_hour / service_per_1000, capacity(seconds_a_query))


def _check(name: str, value: float, above_0: bool = False) -> None:
    if not isfinite(value) or value < 0 or (above_0 and value == 0):
        raise SettingsError(f"{name} must be {'above 0' if above_0 else '0 or more'}, not {value!r}.")
