"""People's and models' grades: what to grade next, how far judges agree, what is disputed or stale."""
