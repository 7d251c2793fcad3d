"""Vectors from services: any OpenAI-compatible server, Cohere, Voyage. The door is `service_encoder.ServiceEncoder`."""
