"""The command line: `sightmill VERB ...`, for people and for scripts."""
