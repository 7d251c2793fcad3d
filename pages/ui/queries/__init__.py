"""Choosing a query, typing one, and taking queries away: Compare and Inspect."""
