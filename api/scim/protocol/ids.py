"""What do ids of users and groups look like? Muster assigns 32 hexadecimal digits, immutably."""

import re
import secrets

ID = re.compile("[0-9a-f]{32}")
"""The form of an id; a text of another form matches no resource."""


def new_id() -> str:
    """Return a new random id."""
    return secrets.token_hex(16)
