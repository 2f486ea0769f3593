"""What does a first run show? A workspace, and a story of a joiner, a mover and a leaver."""
