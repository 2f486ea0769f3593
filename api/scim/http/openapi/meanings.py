"""What do resources and attributes mean for Muster? These texts stand in the OpenAPI document.

Attributes without a text here have that of their SCIM schema.
"""

RESOURCES = {
    "User": "A person, as the provider has pushed it. Any attribute but `schemas` and `id` may be"
    " missing.",
    "NewUser": "A person who is to be, or what an existing one is to become.",
    "Group": "A group that the provider has pushed. Any attribute but `schemas` and `id` may be"
    " missing.",
    "NewGroup": "A group that is to be, or what an existing one is to become.",
    "EnterpriseUser": "The attributes of the enterprise extension (RFC 7643 section 4.3).",
    "ServiceProviderConfig": "What this service supports, and its limits (RFC 7643 section 5).",
    "ResourceType": "A kind of resources (RFC 7643 section 6).",
    "Schema": "The attributes of a kind of resources (RFC 7643 section 7).",
}

ATTRIBUTES = {
    "userName": "The name that the person signs in with, unique in the connection; its case does"
    " not matter",
    "active": "Whether the person works here; `false` is a leaver, to whom the rules of the"
    " connection apply",
    "displayName": "The name to show",
    "emails": "The addresses; the account downstream has the primary one",
    "groups": "The groups that the person is a member of, which change by the groups alone",
    "roles": "The roles that the provider gives; rules may map them to roles of the platform",
    "members": "The people, and groups, who belong to the group",
    "canonicalValues": "The values that are suggested",
}
"""The texts of attributes, whatever they belong to."""
