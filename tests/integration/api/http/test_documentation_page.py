"""Do the pages about both apis come from this process alone, and not at all where they are off?"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from tests.readings.documents import PUBLIC_URL, silent_admin_api, silent_api

BASE = PUBLIC_URL
APIS = {"scim": silent_api, "admin": silent_admin_api}
PATHS = ("/docs", "/redoc", "/openapi.json", "/docs/start.js", "/docs/swagger-ui-bundle.js")


class Page(HTMLParser):
    """What a page would run by itself, and which resources it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.resources: list[str] = []
        self.inline: list[str] = []
        self._within: str | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.resources += [str(given[it]) for it in ("src", "href", "action") if it in given]
        self.inline += [it for it in given if it.startswith("on") or it == "style"]
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = None

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.inline.append(data)


@asynccontextmanager
async def visitor(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Visit an api whose database is never asked."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE) as http:
        yield http


@pytest.fixture(params=APIS)
async def http(request: pytest.FixtureRequest) -> AsyncIterator[httpx2.AsyncClient]:
    """Give somebody who reads the documentation of each api."""
    async with visitor(APIS[request.param]()) as http:
        yield http


def style_resources(css: str) -> list[str]:
    """Return what a style sheet would load."""
    return re.findall(r"""(?:url\(|@import)\s*["']?([^"')]+)""", css)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_a_page_loads_nothing_from_another_host(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.get(path, follow_redirects=True)
    assert answer.status_code == 200
    page = Page()
    page.feed(answer.text)
    left = [urljoin(str(answer.url), it) for it in page.resources]
    assert len(left) >= 4
    loaded = set()
    while left:
        url = left.pop()
        if url.startswith("data:") or url in loaded:
            continue
        assert urlsplit(url).netloc == urlsplit(BASE).netloc
        resource = await http.get(url)
        assert resource.status_code == 200, url
        assert resource.content
        loaded.add(url)
        if resource.headers["content-type"].startswith("text/css"):
            left += [urljoin(url, it) for it in style_resources(resource.text)]
    assert f"{BASE}/docs/swagger-ui-bundle.js" in loaded


async def test_a_page_runs_no_script_of_its_own_and_lets_none_in(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/docs")
    page = Page()
    page.feed(answer.text)
    assert page.inline == []
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    sources = {source for value in policy.values() for source in value.split()}
    assert sources == {"'self'", "'none'", "data:"}


async def test_what_starts_the_viewer_asks_for_the_document_and_no_other_host(
    http: httpx2.AsyncClient,
) -> None:
    start = (await http.get("/docs/start.js")).text
    (document,) = re.findall('url: "([^"]+)"', start)
    answer = await http.get(urljoin(f"{BASE}/docs", document))
    assert answer.json()["openapi"].startswith("3.")
    assert "//" not in start.replace("  // ", "")
    assert "validatorUrl: null" in start


def references_in(value: Any) -> list[str]:
    """Return whatever a document refers to."""
    if isinstance(value, list):
        return [it for entry in value for it in references_in(entry)]
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [it for entry in value.values() for it in references_in(entry)]
    return []


async def test_the_document_refers_to_itself_only(http: httpx2.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    references = references_in(document)
    assert references
    assert all(it.startswith("#/components/schemas/") for it in references)
    assert {it["url"] for it in document["servers"]} <= {PUBLIC_URL, "/"}
    assert not [path for path in document["paths"] if path in PATHS]


@pytest.mark.parametrize("name", ["__init__.py", "..%2F__init__.py", "", "other.js"])
async def test_no_other_file_is_shown(http: httpx2.AsyncClient, name: str) -> None:
    assert (await http.get(f"/docs/{name}")).status_code == 404


@pytest.mark.parametrize("api", APIS.values())
async def test_where_it_is_off_there_is_nothing(api: Callable[..., FastAPI]) -> None:
    async with visitor(api(documented=False)) as http:
        for path in PATHS:
            assert (await http.get(path)).status_code == 404, path
