"""The objects benchmark: segmentation, edges, detection, instances, points, several labels, foreign images."""
