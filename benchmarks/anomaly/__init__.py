"""The anomaly benchmark: sets, protocols, methods and seeds in one table."""
