"""Is each request that no page of the console makes answered in words, and none by a fault?"""

from collections.abc import Callable, Sequence
from inspect import getsource
from itertools import product
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI

from api.admin.http.bounded_body import LARGEST_BODY
from api.admin.http.sealing import list_named
from api.console.application import PAGES, PREFIX, PUBLIC
from api.console.forms import FORM_TYPE, MOST_FIELDS
from api.console.places import Place, sealed_place
from tests.drivers.browsers import CONSOLE_URL, Visitor, signed_in
from tests.drivers.console_pages import FRAGMENTS, OF_NOBODY, OF_WORKSPACE, route_of, routes
from tests.drivers.full_workspace import FullWorkspace
from tests.drivers.whole_console import console_of
from tests.readings.html_pages import PageForm, read_html
from tests.readings.whole_databases import whole
from tests.servers.both_databases import on_both_databases

FIRST_FAULT = 500

LISTS = (
    "people",
    "people-refused",
    "groups",
    "group",
    "devices",
    "policies",
    "held",
    "problem-group",
    "conflicts",
    "activity",
    "audit",
)
"""The names of pages with a list that has further pages."""

KEY = (999_999_999,)
"""A key of the audit log, which is beyond its newest change."""

ON_ANOTHER_PAGE = ">First page<"
"""A link of every page of a list but the first one."""

ODD = "²" * 400
"""Digits to some functions and no number to others; longer than most names may be."""

SEALED = "A" * 60
"""A text that might be a sealed one."""

NAMES = ("connection", "state", "policy", "name")
"""Parameters of lists that name what is looked for, and are not sealed."""


@pytest.fixture
async def owner(app: FastAPI, full: FullWorkspace) -> Visitor:
    """Give the owner of Acme, signed in."""
    return await signed_in(app, full.admins["owner"].token)


@pytest.fixture
async def changing_owner(changing: FullWorkspace) -> Visitor:
    """Give the owner of the Acme that may be changed, signed in."""
    return await signed_in(console_of(changing.it), changing.admins["owner"].token)


def listed(full: FullWorkspace) -> list[str]:
    """Return the URLs of all pages with lists, below the console's own."""
    pages = {page.name: page for page in OF_WORKSPACE}
    return [pages[name].url(full.values) for name in LISTS]


def asking(url: str, parameter: str, value: str) -> str:
    """Return a URL with a parameter more."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({parameter: value})}"


def place_of(visitor: Visitor, path: str, **filters: str) -> str:
    """Return a place in a list, as the session of a visitor has sealed it."""
    list_ = list_named(f"{PREFIX}{path}", filters.items())
    return sealed_place(visitor.secret, Place(KEY), list_)


def test_every_list_is_in_the_table() -> None:
    listed_routes = {page.route for page in OF_WORKSPACE if page.name in LISTS}
    for module in PAGES:
        if ".pager(" in getsource(module):
            assert listed_routes & {route.path for route in module.ROUTES}, module.__name__


async def test_a_place_that_is_none_is_the_first_page_of_a_list(
    app: FastAPI, full: FullWorkspace, owner: Visitor
) -> None:
    other = await signed_in(app, full.admins["owner"].token)
    workspace = full.values["workspace"]
    true = place_of(owner, "/audit", workspace=workspace)
    audit = asking("/audit", "workspace", workspace)
    assert ON_ANOTHER_PAGE in (await owner.get(asking(audit, "at", true))).text
    spoiled = (
        *("x", "é", "\0", "AAAA", "A" * 60, "A" * 5_000),
        true[:-1],
        place_of(owner, "/audit", workspace=workspace, connection="acme-store"),
        place_of(other, "/audit", workspace=workspace),
        place_of(owner, "/nowhere"),
    )
    for place in spoiled:
        await shows_the_first_page(owner, asking(audit, "at", place))


async def test_the_place_of_another_list_is_the_first_page_of_any_list(
    full: FullWorkspace, owner: Visitor
) -> None:
    for url in listed(full):
        for place in ("\0", place_of(owner, "/nowhere")):
            await shows_the_first_page(owner, asking(url, "at", place))


async def shows_the_first_page(visitor: Visitor, url: str) -> None:
    answer = await visitor.get(url)
    assert answer.status_code == 200, url
    assert ON_ANOTHER_PAGE not in answer.text, url


@on_both_databases
@pytest.mark.parametrize(
    ("parameter", "values"),
    [("q", ("\0", ODD, SEALED)), *((it, ("\0", ODD)) for it in NAMES)],
    ids=["q", *NAMES],
)
async def test_no_parameter_of_a_list_is_a_fault(
    full: FullWorkspace, owner: Visitor, parameter: str, values: Sequence[str]
) -> None:
    for url in listed(full):
        for value in values:
            answer = await owner.get(asking(url, parameter, value))
            assert answer.status_code < FIRST_FAULT, (url, value)


NO_FORMS = {
    "JSON": (b'{"csrf": "x"}', "application/json", 400),
    "no type": (b"csrf=x", "", 400),
    "parts": (b"--x--", "multipart/form-data; boundary=x", 400),
    "no UTF-8": (b"csrf=\xff", FORM_TYPE, 400),
    "half a character": (b"csrf=%ed%a0%80", FORM_TYPE, 400),
    "too many fields": (b"a&" * (MOST_FIELDS + 1), FORM_TYPE, 400),
    "NUL": (b"csrf=x&workspace=%00&token=%00", FORM_TYPE, 400),
    "too large": (b"a" * (LARGEST_BODY + 1), FORM_TYPE, 413),
}


@pytest.mark.parametrize(("body", "content_type", "status"), NO_FORMS.values(), ids=NO_FORMS)
async def test_a_body_that_is_no_form_is_refused_in_words_by_every_page(
    full: FullWorkspace, owner: Visitor, body: bytes, content_type: str, status: int
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    before = await whole(full.databases)
    for path in _posted(full):
        answer = await owner.http.post(f"{CONSOLE_URL}{path}", content=body, headers=headers)
        assert answer.status_code == status, path
        assert "<h1>" in answer.text, path
    assert await whole(full.databases) == before


async def test_a_form_without_its_fields_is_no_fault_of_any_page(
    changing: FullWorkspace, changing_owner: Visitor
) -> None:
    for path in _posted(changing):
        if path != "/sign-out" and not path.startswith(tuple(PUBLIC)):
            answer = await changing_owner.send(path)
            assert answer.status_code < FIRST_FAULT, path


Arranged = Callable[[Sequence[str]], Sequence[str]]
"""Makes odd values of those that a field of a form has."""

ARRANGED: dict[str, Arranged] = {
    "missing": lambda _: [],
    "odd at last": lambda values: [*values, ODD],
    "odd at first": lambda values: [ODD, *values],
}


@pytest.mark.parametrize(
    ("new_database_url", "arranged"),
    [
        ("sqlite", ["missing", "odd at first"]),
        pytest.param("postgres", ["odd at last"], marks=pytest.mark.postgres),
    ],
    indirect=["new_database_url"],
    ids=["sqlite", "postgres"],
)
async def test_fields_that_are_missing_repeated_or_odd_are_no_fault_of_any_page(
    changing: FullWorkspace, changing_owner: Visitor, arranged: Sequence[str]
) -> None:
    """The last value counts where a page asks for one: it is the one that a database is asked."""
    owner, tried = changing_owner, 0
    for form in await _forms(changing, owner):
        for name, how in product(form.fields, arranged):
            values = ARRANGED[how](form.fields[name])
            fields = {**form.fields, "csrf": [owner.csrf], name: values}
            sent = {key: it for key, it in fields.items() if it}
            answer = await owner.http.post(f"https://admin.test{form.action}", data=sent)
            assert answer.status_code < FIRST_FAULT, (form.action, name, how)
            tried += 1
    assert tried > 100


def _posted(full: FullWorkspace) -> list[str]:
    """Return a path of each route that takes a form."""
    return [route.path.format_map(full.values) for route in routes("POST")]


async def _forms(full: FullWorkspace, owner: Visitor) -> list[PageForm]:
    """Return the forms on all pages, with one of those that have the same fields and route."""
    found: dict[tuple[str | None, frozenset[str]], PageForm] = {}
    for page in (*OF_NOBODY, *OF_WORKSPACE, *FRAGMENTS):
        answer = await owner.get(page.url(full.values))
        for form in read_html(answer.text, answer.url.raw_path.decode()).forms:
            if form.method == "post" and form.path != f"{PREFIX}/sign-out":
                route = route_of("POST", form.path.removeprefix(PREFIX))
                found.setdefault((route, frozenset(form.fields)), form)
    return list(found.values())
