"""How good answers are: pairs of truth and answer in, estimates and figures out. Numpy only."""
