"""Which ways are there to run Muster? This package holds the composition roots, and no more."""
