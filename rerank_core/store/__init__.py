"""The SQLite workspace: one file that holds datasets, labels, rankings, jobs and caches."""
