"""One module to a verb; each names its command in ``command``. Heavy imports wait until it runs."""
