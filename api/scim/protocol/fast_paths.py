"""Which requests need no parsing? Plain look-ups, pages and changes of ``active`` do not. Pure.

Providers look a user up before every write, and no write is more urgent than a leaver. A request
that is not exactly of these forms is read in full, with the same answer:
``tests/conformance/test_fast_paths.py`` holds both ways to each other.

To read a look-up takes 1 microsecond of the processor in place of 95, and to read a PATCH of
``active`` 5 in place of 195, measured in turn. ``api.scim.users.states`` decides such a PATCH.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from scim2_models import PatchOp
from scim2_server.routing import Operation, Target

from api.scim.protocol.resources import ScimUser

USER_NAME_LOOK_UP = re.compile(r'userName eq "([ !#-\[\]-~]{1,256})"', re.IGNORECASE)
"""A filter by userName whose value is printable ASCII without escapes."""

LOOK_UP_PARAMETERS = {"filter", "startIndex", "count"}
"""The parameters of a look-up that shows the whole user."""

PAGE_PARAMETERS = {"startIndex", "count"}
"""The parameters of a page of all users that shows whole users."""

START_FORM, COUNT_FORM = re.compile("[1-9][0-9]{0,8}"), re.compile("[1-9][0-9]{0,5}")

LONGEST_PLAIN_PATCH = 512
"""Bytes of a PATCH that may be plain, and is therefore decoded at once; a longer one waits for its
share of CPU time before it is read."""

PATCH_SCHEMA = str(PatchOp[ScimUser].__schema__)
USERS_ENDPOINT, GROUPS_ENDPOINT = "Users", "Groups"
OPERATIONS_ON_ONE_USER = {Operation.create, Operation.query, Operation.replace, Operation.patch}

SETTING_OPERATIONS = {"add", "replace"}
BOOLEANS = {True: True, False: False, "True": True, "False": False, "true": True, "false": False}


def checks_its_token(target: Target, query: Mapping[str, str]) -> bool:
    """Return whether a request may be served by statements that check its token themselves."""
    if target.endpoint == GROUPS_ENDPOINT:
        return target.operation is Operation.patch and not query
    if target.endpoint != USERS_ENDPOINT:
        return False
    if target.operation is Operation.search:
        return name_looked_up(query) is not None or page_asked(query) is not None
    return target.operation in OPERATIONS_ON_ONE_USER


def user_looked_up(target: Target, query: Mapping[str, str]) -> str | None:
    """Return the userName of the user that a plain search looks up; None for any other search."""
    return name_looked_up(query) if target.endpoint == USERS_ENDPOINT else None


def name_looked_up(query: Mapping[str, str]) -> str | None:
    """Return the userName that the parameters of a plain search look up; None for any others."""
    if not query.keys() <= LOOK_UP_PARAMETERS:
        return None
    if query.get("startIndex", "1") != "1" or not COUNT_FORM.fullmatch(query.get("count", "1")):
        return None
    look_up = USER_NAME_LOOK_UP.fullmatch(query.get("filter", ""))
    return look_up and look_up[1]


def page_asked(query: Mapping[str, str]) -> tuple[int, int | None] | None:
    """Return the start index and the count, if any, of a plain page; None for any other search."""
    if not query.keys() <= PAGE_PARAMETERS:
        return None
    start, count = query.get("startIndex", "1"), query.get("count", "1")
    if not (START_FORM.fullmatch(start) and COUNT_FORM.fullmatch(count)):
        return None
    return int(start), int(count) if "count" in query else None


def activity_set(patch: Any) -> bool | None:
    """Return the value of ``active`` that a PATCH sets; None if it does anything else.

    :param patch: the JSON of the body, as it was sent.
    """
    match patch:
        case {"schemas": [schema], "Operations": [{"op": str(op), **operation}], **others} if (
            schema == PATCH_SCHEMA and op.lower() in SETTING_OPERATIONS and not others
        ):
            return _activity_in(cast("dict[str, Any]", operation))
        case _:
            return None


def _activity_in(operation: Mapping[str, Any]) -> bool | None:
    match operation:
        case {"path": "active", "value": value, **others} if not others:
            return _boolean(value)
        case {"value": {"active": value, **attributes}, **others} if not attributes and not others:
            return _boolean(value)
        case _:
            return None


def _boolean(value: Any) -> bool | None:
    return BOOLEANS.get(value) if isinstance(value, bool | str) else None
