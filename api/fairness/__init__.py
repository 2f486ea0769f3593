"""How do connections share one process? Each has a bounded share of slots, and waits its turn."""
