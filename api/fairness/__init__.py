"""How do connections share one process? By slots, shares and work that takes turns."""
