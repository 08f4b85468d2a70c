"""Anomaly detection, fast variant: nearest neighbours of patch features, learnt from good images only."""
