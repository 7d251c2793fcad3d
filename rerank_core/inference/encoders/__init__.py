"""Encoders by their weights: what they are, and their forward passes over packs of inputs."""
