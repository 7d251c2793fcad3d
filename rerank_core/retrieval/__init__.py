"""The first stage: bm25, dense, their fusion, and the indexes on disk behind them."""
