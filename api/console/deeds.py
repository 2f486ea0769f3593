"""How is told what somebody did, began or tried? A verb and its object tell it. Pure."""

PAST = {
    "add": "added",
    "approve": "approved",
    "ask": "asked",
    "change": "changed",
    "create": "created",
    "delete": "deleted",
    "give": "gave",
    "hand": "handed",
    "issue": "issued",
    "let": "let",
    "list": "listed",
    "lock": "locked",
    "look": "looked",
    "make": "made",
    "pause": "paused",
    "reject": "rejected",
    "remove": "removed",
    "replace": "replaced",
    "retry": "retried",
    "revoke": "revoked",
    "search": "searched",
    "send": "sent",
    "set": "set",
    "switch": "switched",
    "unlock": "unlocked",
    "update": "updated",
    "use": "used",
}


def did(deed: str) -> str:
    """Return a deed as one that was done: ``create a user`` as ``Created a user``."""
    verb, _, rest = deed.partition(" ")
    return _sentence(f"{PAST[verb]} {rest}")


def tried(deed: str) -> str:
    """Return a deed as one that came to nothing."""
    return _sentence(f"tried to {deed}")


def began(deed: str) -> str:
    """Return a deed as one of which only the beginning is known."""
    return _sentence(f"began to {deed}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
