"""Measurements that print a table. Each is a command; what it printed last stands in RESULTS.md."""
