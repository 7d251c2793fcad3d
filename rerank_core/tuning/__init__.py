"""Finds the best settings of a search, and says on queries that the search did not see whether they hold."""
