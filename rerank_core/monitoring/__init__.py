"""Logs of live traffic: what was asked, how long it took, whether scores drift, and what the clicks say."""
