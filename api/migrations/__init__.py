"""How did the directory's tables become what they are? Each revision changes the last state."""
