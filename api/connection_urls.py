"""Where does a connection serve SCIM? Below one prefix; its base URL is what a provider is given.

The event names its connection as ``contracts.identity_changed`` says, which a test holds to this.
"""

SCIM_PREFIX = "/scim/v2"


def base_url_of(public_url: str, connection_id: str) -> str:
    """Return the base URL of a connection, as it is entered at the identity provider."""
    return f"{public_url.rstrip('/')}{SCIM_PREFIX}/{connection_id}"
