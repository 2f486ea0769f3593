"""How did the worker's tables become what they are? One revision after the other."""
