"""Single texts: their tokens, the model that runs them, and what it makes of each."""
