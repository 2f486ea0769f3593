"""When are two names the same? The one comparison key of userNames, e-mails, groups and roles."""

from unicodedata import normalize


def comparison_key(name: str) -> str:
    """Return the form under which a case-insensitive name is compared and stored.

    NFC, lower case, NFC again (lowering can undo the normal form), as scim2-models does for
    attributes that are not ``caseExact`` (RFC 7643 section 7). Keys are made here and stored in
    columns of their own; SQL never makes one, because databases disagree about ``lower()``.
    """
    return normalize("NFC", normalize("NFC", name).lower())
