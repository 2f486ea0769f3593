"""What do both sides of the broker agree on? Contracts define it, in Pydantic and plain Python."""
