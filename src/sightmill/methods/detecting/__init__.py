"""What the methods share that find objects: no method itself."""
