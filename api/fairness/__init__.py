"""How do connections share one process? Slots bound the share of each, and owners take turns."""
