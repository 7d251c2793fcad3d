"""The system that won, put to work: a /rerank server, and adapters for other frameworks."""
