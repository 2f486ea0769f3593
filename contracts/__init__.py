"""What do both sides of the broker agree on? Pydantic and the standard library only."""
