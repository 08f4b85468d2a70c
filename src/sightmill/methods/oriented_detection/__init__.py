"""Oriented detection: turned boxes with a class and a score."""
