"""Measures, paired comparison, oracle and recall ceiling: numbers that an expert can trust.

One concept per file; import from the file. Nothing heavy is imported before it is used.
"""
