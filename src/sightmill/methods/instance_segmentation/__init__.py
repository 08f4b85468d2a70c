"""Instance segmentation: a mask, a box, a class and a score for each object."""
