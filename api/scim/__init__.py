"""How is SCIM 2.0 spoken here? Resources, routes, tolerances, storage, filters."""
