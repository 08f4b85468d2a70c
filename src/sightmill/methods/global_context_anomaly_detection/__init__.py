"""Global context anomaly detection: what each place looks like, and whether all that is there belongs together."""
