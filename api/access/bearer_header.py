"""Which token does a request carry? The header ``Authorization`` has it (RFC 6750 section 2.1)."""

BEARER_SCHEME = "bearer "


def token_in(authorization: str) -> str:
    """Return the bearer token of a header; an empty text where it has none."""
    is_bearer = authorization[: len(BEARER_SCHEME)].lower() == BEARER_SCHEME
    return authorization[len(BEARER_SCHEME) :].strip() if is_bearer else ""
