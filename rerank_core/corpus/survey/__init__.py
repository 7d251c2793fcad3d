"""Which files make up a dataset, which part each plays, and what is left out."""
