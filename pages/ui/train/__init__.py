"""What the page Train needs."""
