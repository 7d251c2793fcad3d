"""What the page Tune needs."""
