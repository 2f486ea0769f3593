"""How is something personal recognised wherever it has got to? By a mark, in any spelling."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

NAME = "Zebedee-Quux"
"""Goes where only ASCII can go."""
FOREIGN_NAME = "Zoë-Weißhäupl"
"""Becomes another text by percent-encoding, JSON, lower() and casefold()."""
SECRET = "muster_Zebedee-Quux-token"
"""A token that opens nothing."""

MARKS = ("zebedee", "quux", "zoë", "weisshäupl")
"""What no other text contains, as ``_folded`` leaves it. Parts count too: names are taken apart."""

ROUNDS = 4
"""A text may be quoted in a text that is quoted in another."""

AROUND = 60
"""Characters shown on both sides of a find."""

ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+|(?:\\u[0-9a-fA-F]{4})+")


def personal(place: str) -> str:
    """Return a personal value that says where it was put in."""
    return f"{NAME}-{place} {FOREIGN_NAME}"


def email(place: str) -> str:
    """Return an address that says where it was put in."""
    return f"{NAME}-{place}@Weißhäupl.test"


def leaks(shown: Mapping[str, str], *secrets: str) -> list[str]:
    """Return where something personal, or a secret, is shown, with the text around it."""
    marks = (*MARKS, *map(_folded, secrets))
    return [
        f"{source}: …{reading[max(0, at - AROUND) : at + AROUND]}…"
        for source, text in shown.items()
        for reading in _readings(text)
        for mark in marks
        if (at := reading.find(mark)) >= 0
    ]


def _readings(text: str) -> Iterator[str]:
    """Yield a text as it is and as it reads with one encoding after the other taken off."""
    for _ in range(ROUNDS):
        yield _folded(text)
        plainer = ESCAPES.sub(_unescaped, unquote_plus(text).replace("\\\\", "\\"))
        if plainer == text:
            return
        text = plainer


def _unescaped(escapes: re.Match[str]) -> str:
    """Read escapes of JSON and Python: characters, or the bytes of UTF-8."""
    text = escapes[0]
    if text.startswith("\\u"):
        units = bytes.fromhex(text.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    octets = bytes.fromhex(text.replace("\\x", ""))
    try:
        return octets.decode()
    except UnicodeDecodeError:  # characters that Python escapes by their numbers
        return octets.decode("latin-1")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
