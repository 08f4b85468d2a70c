"""From an image to a network's input and back (view, frame); random changes for training (act, augment)."""
