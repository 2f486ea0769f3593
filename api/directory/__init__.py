"""What did the provider push? Users, groups and identities, and which of them are dirty."""
