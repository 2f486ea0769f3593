"""What happens downstream? Accounts, roles and devices, changed by events."""
