"""What happens downstream when an identity changes? Pure decisions over facts, without any I/O."""
