"""What does a reference look like? References are absolute, or relative to a base URL. Pure."""

import re

ABSOLUTE = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:")
"""The start of a reference that is absolute (RFC 3986 section 3.1)."""


def is_absolute(reference: str) -> bool:
    """Return whether a reference begins with a scheme or a slash, and so needs no base URL."""
    return ABSOLUTE.match(reference) is not None


def reference_to(resource_type: str, id_: str) -> str:
    """Return the relative reference to a user or a group."""
    return f"{resource_type}s/{id_}"


def location_of(base_url: str, resource_type: str, id_: str) -> str:
    """Return the URL of a user or a group."""
    return f"{base_url}/{reference_to(resource_type, id_)}"
