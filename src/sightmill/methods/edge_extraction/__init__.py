"""Edge extraction: contours one pixel thin, with sub-pixel positions, linked to lines."""
