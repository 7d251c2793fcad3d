"""Rerankers on somebody's server: one file per service, one door for requests and errors."""
