"""Assemblies, drawn by code: a test set of structural and logical defects for global context anomaly detection.

Kept apart from everything that trains: nothing here comes from `sightmill.imaging.defects`, and no method imports it.
"""
