"""Image classification: one class of a closed set for each image."""
