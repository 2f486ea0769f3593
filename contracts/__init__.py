"""What does everything on both sides of the broker agree on? Pydantic and the standard library only."""
