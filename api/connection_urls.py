"""Where does a connection serve SCIM? Its base URL lies below one prefix and ends with its id.

``contracts.identity_changed`` builds the source of an event from the same path; a test holds the
two to each other.
"""

SCIM_PREFIX = "/scim/v2"


def base_url_of(public_url: str, connection_id: str) -> str:
    """Return the base URL of a connection, as it is entered at the identity provider."""
    return f"{public_url.rstrip('/')}{SCIM_PREFIX}/{connection_id}"
