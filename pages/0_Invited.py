"""Invited: what a link opens, for somebody who sees nothing else: a judge's list, a vote, or a report."""

from __future__ import annotations

from pages.ui.invited import door, show

space, invitation = door.open_door()
show.show(space, invitation)
