"""Images and what is said about them: regions, annotations, samples, data sets; their formats, checks and splits."""
