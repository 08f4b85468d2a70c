"""`python -m sightmill` is the command `sightmill`."""

from sightmill.cli.main import run

run()
