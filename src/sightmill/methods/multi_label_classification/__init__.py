"""Multi-label classification: all the classes that an image shows."""
