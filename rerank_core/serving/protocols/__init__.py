"""The protocols that a client may speak: what each takes, answers, and says of a mistake."""
