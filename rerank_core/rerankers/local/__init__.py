"""Families that run on one's own hardware, one file each."""
