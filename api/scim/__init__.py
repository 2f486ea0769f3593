"""How is SCIM 2.0 spoken here? Routes call operations, which read and write users and groups."""
