"""Outside data formats: read and written, one file each, found by themselves."""

from sightmill.data.formats.catalogue import formats, load, save

__all__ = ["formats", "load", "save"]
