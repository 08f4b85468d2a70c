"""Anomaly detection, precise variant: a student that knows the ordinary, and a head that knows synthetic defects."""
