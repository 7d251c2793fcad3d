"""Search engines that live elsewhere, as first stages: see README.md."""
