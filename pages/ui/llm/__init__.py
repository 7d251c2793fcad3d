"""The LLM grades page."""
