"""Core objects as pictures and tables: DataFrames, Altair charts, marked text."""
