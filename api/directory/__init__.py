"""What did the provider push? The directory keeps users, groups, identities and their marks."""
