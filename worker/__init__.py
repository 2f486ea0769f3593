"""What happens downstream? Events change accounts, roles and devices."""
