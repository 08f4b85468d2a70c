"""Shared blocks of networks. Knows tensors only: no images, no methods, no files but its own weights."""
