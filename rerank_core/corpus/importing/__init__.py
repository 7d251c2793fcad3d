"""The parts of an import: its options, its queries and grades, its passages, and what a killed one left."""
