"""What do answers look like? Users and groups have an example each.

Members and memberships have a ``$ref`` as well, which is left out here: readers of documents take
it for a reference wherever it stands.
"""

from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"

CONNECTION = "acme-store"
BASE_URL = f"https://muster.example/scim/v2/{CONNECTION}"
ADA, WEAVERS = "2f1c0c6c5b6f4f0e8f4f6d3a5b7c9d10", "7a9b8c5d4e3f4a1b9c2d1e0f3a4b5c6d"
"""A person and a group, in all examples."""

ANSWERS: dict[str, dict[str, Any]] = {
    "User": {
        "schemas": [USER, ENTERPRISE],
        "id": ADA,
        "externalId": "ada-1",
        "userName": "ada@acme.example",
        "name": {"formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada"},
        "displayName": "Ada Byron",
        "active": True,
        "emails": [{"value": "ada@acme.example", "type": "work", "primary": True}],
        ENTERPRISE: {"department": "Weaving", "employeeNumber": "17"},
        "groups": [
            {
                "value": WEAVERS,
                "display": "Weavers",
                "type": "direct",
            }
        ],
        "meta": {
            "resourceType": "User",
            "created": "2026-11-27T15:14:31.165962Z",
            "lastModified": "2026-11-27T15:14:33.220980Z",
            "location": f"{BASE_URL}/Users/{ADA}",
            "version": 'W/"2"',
        },
    },
    "Group": {
        "schemas": [GROUP],
        "id": WEAVERS,
        "displayName": "Weavers",
        "members": [{"value": ADA, "type": "User"}],
        "meta": {
            "resourceType": "Group",
            "created": "2026-11-27T15:14:31.503051Z",
            "lastModified": "2026-11-27T15:14:31.503051Z",
            "location": f"{BASE_URL}/Groups/{WEAVERS}",
            "version": 'W/"1"',
        },
    },
}
"""Answers, by the schema that they have."""
