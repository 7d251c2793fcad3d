"""What can be compared: models of the catalogue, models that somebody added, imported runs, composites."""
