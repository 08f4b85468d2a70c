"""The routes by noun; each module has a ``router``."""
