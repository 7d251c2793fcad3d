"""Which of several ways to the same scores is the fast one on this machine."""
