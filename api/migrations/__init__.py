"""How did the directory's tables become what they are? Revisions changed them, one after the other."""
