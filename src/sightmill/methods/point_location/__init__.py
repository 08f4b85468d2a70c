"""Point location: key points, small objects and centres, found and counted."""
