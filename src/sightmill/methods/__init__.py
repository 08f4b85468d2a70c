"""One folder per method. The contract is `contract`; the folders find themselves through `catalogue`."""
