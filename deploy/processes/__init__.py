"""Which processes are there, and how do they run? The parts share a process, or have one each."""
