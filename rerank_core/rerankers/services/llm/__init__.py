"""Language models as rerankers: one question to any OpenAI-compatible address, one door for the answer."""
