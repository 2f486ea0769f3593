"""What does SCIM say, and what do we make of it? Values and decisions, without any I/O."""
