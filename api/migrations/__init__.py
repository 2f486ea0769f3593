"""How did the directory's tables become what they are? One revision after the other."""
