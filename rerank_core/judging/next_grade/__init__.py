"""Which pair to grade next, and when to stop. Pure: no store, no screen."""
