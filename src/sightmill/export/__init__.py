"""Passes over a finished network: to ONNX, and proof that the runtime repeats it."""
