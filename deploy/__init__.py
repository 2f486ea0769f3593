"""Which ways are there to run Muster? The composition roots, and nothing else."""
