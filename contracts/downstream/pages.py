"""How is a long list read? It is read by page; a page tells the key after which the next begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Key = tuple[str | int, ...]
"""The place of an item in the order of its list: values of JSON that no change of others moves."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list in order. ``next`` is the key of the last one, None at the end.

    A list that is read page by page misses nothing that is there all the time, and shows it once.
    """

    items: tuple[T, ...]
    next: Key | None

    @classmethod
    def of(cls, found: Sequence[tuple[T, Key]], most: int) -> "Page[T]":
        """Return the page of items with their keys; an item beyond it shows that more follow.

        :param most: the size of a page.
        """
        items = tuple(item for item, _key in found[:most])
        return cls(items, found[most - 1][1] if len(found) > most else None)
