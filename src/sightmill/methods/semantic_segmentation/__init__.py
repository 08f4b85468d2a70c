"""Semantic segmentation: for each pixel how likely each class is, and the regions where it is there."""
