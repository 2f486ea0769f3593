"""What do ids of users and groups look like? They are ours, and immutable."""

import re
import uuid

ID = re.compile("[0-9a-f]{32}")
"""Nothing else need be looked for."""


def new_id() -> str:
    """Return a new id, which has neither an underscore nor a meaning."""
    return uuid.uuid4().hex
