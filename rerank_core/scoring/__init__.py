"""How a local model is run: device, precision, batches."""
