"""What the first page would wait for, begun while it is still on its way to a browser."""

from __future__ import annotations

from pages.ui import cache
from pages.ui.server.first_use import bring_demo
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems


def begin(space: Workspace) -> None:
    """Start the worker, bring the demo, look which systems are ready.

    A second's work for a page. Whatever is raised stands in the first page's way too: it does all of this otherwise,
    and says what is wrong.
    """
    cache.offer_secrets()
    if not space.why_only_read():
        cache.keep_worker()
        bring_demo(space)
    for system in all_systems(space):
        _ = system.state  # kept by the catalogue
