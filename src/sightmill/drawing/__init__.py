"""Pictures: annotations and heatmaps on images, plots and tables. By region kind, never by method."""
