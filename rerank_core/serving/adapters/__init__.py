"""Any system of a workspace, or of a server, as a reranker of other frameworks."""
