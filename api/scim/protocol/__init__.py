"""How does Muster read SCIM? This package holds values and decisions of the protocol, no I/O."""
