"""How a local model is run: device, precision, tokens, packs, and the forward pass."""
