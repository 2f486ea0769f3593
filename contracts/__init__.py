"""What do both sides of the broker agree on? Contracts need Pydantic and the standard library."""
