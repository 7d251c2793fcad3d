"""Steps before retrieval: a language model writes what is searched for in the place of a query, or beside it."""
