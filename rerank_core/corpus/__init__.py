"""Files in, passages changed: all of it, or nothing."""
