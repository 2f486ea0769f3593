"""What does a first run show? It makes a workspace, or plays a joiner, a mover and a leaver."""
