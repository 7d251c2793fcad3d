"""One dataset, one first stage, some systems: what there is by now, and what it says."""
