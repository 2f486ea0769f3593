"""Which messages are there? Lists, searches, changes, bulk requests and errors are defined here.

They are described as RFC 7644 has them. Muster requires fewer fields, which are marked as required.
"""

from collections.abc import Mapping
from typing import Any

from api.scim.http.openapi.example_answers import MESSAGES
from api.scim.http.openapi.references import reference_to

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
STRINGS: Schema = {"type": "array", "items": STRING}

LISTS: Mapping[str, Schema] = {
    "UserList": reference_to("User"),
    "GroupList": reference_to("Group"),
    "ResourceList": {"anyOf": [reference_to("User"), reference_to("Group")]},
    "ResourceTypeList": reference_to("ResourceType"),
    "SchemaList": reference_to("Schema"),
}
"""The lists that searches answer with, by what they list."""


def message_schemas() -> dict[str, Schema]:
    """Return the schemas of all messages, and of their parts."""
    return {
        **{name: _list_of(item) for name, item in LISTS.items()},
        "SearchRequest": SEARCH_REQUEST,
        "PatchOp": PATCH_OP,
        "PatchOperation": PATCH_OPERATION,
        "BulkRequest": BULK_REQUEST,
        "BulkOperation": BULK_OPERATION,
        "BulkResponse": BULK_RESPONSE,
        "BulkResult": BULK_RESULT,
        "Error": ERROR,
    }


def _message(
    name: str, description: str, required: list[str], properties: Mapping[str, Schema]
) -> Schema:
    schemas = STRINGS | {"description": f"`{MESSAGES}{name}`"}
    return _object(description, required, {"schemas": schemas, **properties})


def _object(description: str, required: list[str], properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        **({"required": required} if required else {}),
    }


def _told(schema: Schema, description: str) -> Schema:
    return schema | {"description": description}


def _array_of(schema: str) -> Schema:
    return {"type": "array", "items": reference_to(schema)}


def _list_of(item: Schema) -> Schema:
    return _message(
        "ListResponse",
        "A page of what was found (RFC 7644 section 3.4.2).",
        ["schemas", "totalResults", "Resources"],
        {
            "totalResults": _told(INTEGER, "The number of all that was found"),
            "Resources": {"type": "array", "items": item},
            "startIndex": _told(INTEGER, "The number of the first one of the page, from 1"),
            "itemsPerPage": _told(INTEGER, "The number of those on the page"),
            "nextCursor": _told(STRING, "The cursor of the next page, if there is one"),
            "previousCursor": _told(STRING, "The cursor of the page before, if there is one"),
        },
    )


SEARCH_REQUEST = _message(
    "SearchRequest",
    "A search whose parameters stand in the body (RFC 7644 section 3.4.3).",
    [],
    {
        "attributes": _told(STRINGS, "The only attributes to return"),
        "excludedAttributes": _told(STRINGS, "Attributes to leave out"),
        "filter": _told(STRING, "Which resources are wanted"),
        "sortBy": _told(STRING, "The attribute by which they are sorted"),
        "sortOrder": _told(STRING, "`ascending` or `descending`"),
        "startIndex": _told(INTEGER, "The number of the first resource of the page, from 1"),
        "count": _told(INTEGER, "The size of the page"),
        "cursor": _told(STRING, "The cursor of a page; empty for the first one"),
    },
)
PATCH_OP = _message(
    "PatchOp",
    "Changes of a resource, which are made in their order, or none of them (RFC 7644 section"
    " 3.5.2).",
    ["Operations"],
    {"Operations": _array_of("PatchOperation")},
)
PATCH_OPERATION = _object(
    "A change of a resource.",
    ["op"],
    {
        "op": _told(STRING, "`add`, `remove` or `replace`; their case does not matter"),
        "path": _told(STRING, "The attribute that changes; without it, `value` names attributes"),
        "value": {"description": "The new value, of any type, or an object of attributes"},
    },
)
BULK_REQUEST = _message(
    "BulkRequest",
    "Many operations in one request (RFC 7644 section 3.7).",
    ["Operations"],
    {
        "failOnErrors": _told(INTEGER, "The number of errors after which the rest is not tried"),
        "Operations": _array_of("BulkOperation"),
    },
)
BULK_OPERATION = _object(
    "One operation of a bulk request.",
    ["method", "path"],
    {
        "method": _told(STRING, "`POST`, `PUT`, `PATCH` or `DELETE`"),
        "path": _told(STRING, "The path below the base URL, `/Users` for example"),
        "bulkId": _told(STRING, "A name for what is made, as `bulkId:NAME` in other operations"),
        "version": _told(STRING, "The version that is to be changed"),
        "data": {
            "description": "The body of the operation",
            "anyOf": [reference_to(name) for name in ("NewUser", "NewGroup", "PatchOp")],
        },
    },
)
BULK_RESPONSE = _message(
    "BulkResponse",
    "What came of the operations that were tried, in their order.",
    ["schemas", "Operations"],
    {"Operations": _array_of("BulkResult")},
)
BULK_RESULT = _object(
    "What came of one operation.",
    ["status"],
    {
        "method": STRING,
        "bulkId": STRING,
        "version": STRING,
        "location": _told(STRING, "The URL of the resource"),
        "status": _told(STRING, "The status that the operation alone would have been answered"),
        "response": reference_to("Error"),
    },
)
ERROR = _message(
    "Error",
    "Why a request was not carried out (RFC 7644 section 3.12).",
    ["schemas", "status"],
    {
        "status": _told(STRING, "The status of the answer, as a string"),
        "scimType": _told(STRING, "The kind of the error, `uniqueness` for example"),
        "detail": _told(STRING, "What is wrong"),
    },
)
