"""A project on disk: a folder with one SQLite file that journals every change, and the files beside it."""
