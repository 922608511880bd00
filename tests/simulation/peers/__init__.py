"""The AWS of the simulation: peers below the product's own edges, reached over a bad network."""
