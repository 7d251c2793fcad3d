"""Models trained on the grades: what they learn from, where they lie, what they reach, and how one is kept."""
