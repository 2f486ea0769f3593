"""How does Muster serve as its own platform? The worker's tables keep accounts and devices."""
