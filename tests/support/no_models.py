"""What a worker has in place of models, for jobs that need none."""

from __future__ import annotations


class NoModels:
    """Holds nothing, so there is nothing to let go."""

    def let_go(self, seconds: float) -> int:
        """Nothing was dropped."""
        return 0
