"""How far has each identity come downstream? Its sync record, refusals and failure show that."""
