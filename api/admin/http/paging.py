"""How is a list read page by page? ``next`` of a page is the ``cursor`` that asks for the next one.

A cursor is sealed: it may hold the name of a person, by which a list is ordered.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from api.admin.http.asked import By
from api.admin.http.errors import UnusableCursor
from api.admin.http.sealing import NotSealedSo, list_named, seal, unseal
from contracts.downstream.pages import Key, Page

T = TypeVar("T")
ShownT = TypeVar("ShownT")

PAGE, LARGEST_PAGE = 100, 1_000
"""Items of a page where no limit is given, and the largest limit."""

OF_PAGING = {"cursor", "limit"}
"""Parameters that say which page is wanted, and not which list."""


class PageOf(BaseModel, Generic[ShownT]):
    """Some items of a list, in its order."""

    items: list[ShownT]
    next: str | None = Field(
        description="The cursor that asks for the next page; null on the last one."
    )


@dataclass(frozen=True, slots=True)
class Paging:
    """The page that is wanted: at most ``most`` items, which come after the key ``after``."""

    most: int
    after: Key | None
    _secret: str
    _list: str

    def shown(self, page: Page[T], show: Callable[[T], ShownT]) -> PageOf[ShownT]:
        """Return a page as the answer to the request."""
        cursor = None if page.next is None else self._cursor(page.next)
        return PageOf(items=[show(item) for item in page.items], next=cursor)

    def of_all(self, every: Iterable[T], key: Callable[[T], Key]) -> Page[T]:
        """Return the wanted page of a list that is small enough to be read as a whole.

        :param key: returns the place of an item, by which the list is put into order.
        """
        keyed = sorted(((item, key(item)) for item in every), key=lambda it: it[1])
        after = self.after
        later = [it for it in keyed if after is None or it[1] > after]
        return Page.of(later, self.most)

    def _cursor(self, key: Key) -> str:
        sealed = seal(self._secret, json.dumps(key).encode(), self._list)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _paging(
    request: Request,
    by: By,
    limit: Annotated[
        int, Query(ge=1, le=LARGEST_PAGE, description="The most items of the page.")
    ] = PAGE,
    cursor: Annotated[
        str | None, Query(description="The `next` of the page before; none: the first page.")
    ] = None,
) -> Paging:
    filters = (it for it in request.query_params.multi_items() if it[0] not in OF_PAGING)
    of_list = list_named(request.url.path, filters)
    after = None if cursor is None else _opened(by.secret, cursor, of_list)
    return Paging(limit, after, by.secret, of_list)


def _opened(secret: str, cursor: str, of_list: str) -> Key:
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values: Sequence[str | int] = json.loads(unseal(secret, sealed, of_list))
    except (ValueError, NotSealedSo):
        raise UnusableCursor from None
    return tuple(values)


Paged = Annotated[Paging, Depends(_paging)]
"""A parameter of a route that answers with a page."""
