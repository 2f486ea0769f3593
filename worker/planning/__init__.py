"""What happens downstream when an identity changes? Pure functions decide it from facts."""
