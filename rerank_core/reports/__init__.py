"""What is taken away: the report, exports, and files that put a chosen system to work."""
