"""Where in a list is a visitor? A place names the page, and the pages looked at before.

Places and searches lie in URLs, which proxies log: both are sealed, because keys and searches may
be personal.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from api.admin.http.sealing import NotSealedSo, seal, unseal
from contracts.downstream.pages import Key, Page

MOST_EARLIER = 20
"""Pages that can be gone back from a place. Further ones are reached from the first page."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list, which begins after a key; ``earlier`` has the keys of pages before it."""

    after: Key | None = None
    earlier: tuple[Key | None, ...] = ()

    def following(self, page: Page[object]) -> "Place | None":
        """Return the place of the next page; None on the last one."""
        if page.next is None:
            return None
        return Place(page.next, (*self.earlier, self.after)[-MOST_EARLIER:])

    @property
    def preceding(self) -> "Place | None":
        """Return the place of the page before; None on the first one."""
        return Place(self.earlier[-1], self.earlier[:-1]) if self.earlier else None


FIRST = Place()


def sealed_text(secret: str, text: str, about: str) -> str:
    """Return a text for a URL, which only the session with the secret opens."""
    return urlsafe_b64encode(seal(secret, text.encode(), about)).rstrip(b"=").decode()


def unsealed_text(secret: str, sealed: str, about: str) -> str:
    """Return a text that was sealed; an empty one, where it was sealed by another session."""
    try:
        return unseal(secret, urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), about).decode()
    except (ValueError, NotSealedSo):
        return ""


def sealed_place(secret: str, place: Place, about: str) -> str:
    """Return a place for a URL.

    :param about: the list in which it is, as ``list_named`` tells it.
    """
    return sealed_text(secret, json.dumps([place.after, place.earlier]), about)


def place_in(secret: str, sealed: str, about: str) -> Place:
    """Return the place in a URL; the first page, unless the session has sealed it for this list."""
    opened = unsealed_text(secret, sealed, about)
    if not opened:
        return FIRST
    after, earlier = json.loads(opened)
    return Place(_key(after), tuple(_key(each) for each in earlier))


def _key(values: list[str | int] | None) -> Key | None:
    return None if values is None else tuple(values)
