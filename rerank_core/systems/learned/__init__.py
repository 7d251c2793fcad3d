"""A system that weighs what is known of a pair, with weights that were fitted to grades. Fitting: `training/`."""
