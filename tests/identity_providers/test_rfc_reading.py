"""Does reading keep RFC 7643, RFC 7644 and RFC 9865? Discovery, filters, order, pages, shapes."""

from typing import Any

from tests.drivers.in_process import GROUP, USER, Ingress
from tests.drivers.over_http import ServedApi, ingress_over_http, served_api
from tests.identity_providers.answers import error_of, page_of, resource_of, with_members

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


async def three_people(ingress: Ingress) -> tuple[str, str, str]:
    """Make three people who differ in everything."""
    work, home = {"type": "work", "value": "one@x.test"}, {"type": "home", "value": "one@home.test"}
    one = await ingress.user("p.one", title="Turner", active=True, emails=[work, home])
    two = await ingress.user(
        "p.two", title="Tuner", active=False, emails=[{"type": "home", "value": "two@x.test"}]
    )
    return one, two, await ingress.user("p.three", active=True)


# --- discovery ----------------------------------------------------------------------------------


async def test_what_is_announced_is_there(ingress: Ingress) -> None:
    answer = await ingress.send("GET", "/ServiceProviderConfig")
    config = resource_of(answer)
    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    supported = {name for name, value in config.items()
                 if isinstance(value, dict) and value.get("supported")}  # fmt: skip
    assert supported == {"patch", "bulk", "filter", "sort", "etag"}
    assert config["changePassword"] == {"supported": False}
    pagination = config["pagination"]
    assert (pagination["cursor"], pagination["index"]) == (True, True)
    assert pagination["maxPageSize"] == config["filter"]["maxResults"]
    assert config["meta"]["location"] == str(ingress.http.base_url.join("ServiceProviderConfig"))
    (scheme,) = config["authenticationSchemes"]
    assert scheme["type"] == "oauthbearertoken"


async def test_resource_types_are_listed_and_read(ingress: Ingress) -> None:
    listed = page_of(await ingress.send("GET", "/ResourceTypes"))["Resources"]
    assert [(each["name"], each["endpoint"], each["schema"]) for each in listed] == [
        ("User", "/Users", USER),
        ("Group", "/Groups", GROUP),
    ]
    assert with_members(listed[0]["schemaExtensions"], schema=ENTERPRISE)
    assert resource_of(await ingress.send("GET", "/ResourceTypes/User")) == listed[0]
    error_of(await ingress.send("GET", "/ResourceTypes/Robot"), 404)


async def test_schemas_are_listed_and_read_by_urn(ingress: Ingress) -> None:
    listed = page_of(await ingress.send("GET", "/Schemas"))["Resources"]
    assert {each["id"] for each in listed} == {USER, GROUP, ENTERPRISE}
    for schema in listed:
        assert resource_of(await ingress.send("GET", f"/Schemas/{schema['id']}")) == schema
    (user,) = with_members(listed, id=USER)
    assert with_members(user["attributes"], name="userName", required=True, uniqueness="server")
    error_of(await ingress.send("GET", "/Schemas/urn:nothing"), 404)


async def test_discovery_takes_no_filter_and_no_writing(ingress: Ingress) -> None:
    error_of(await ingress.send("GET", '/Schemas?filter=id eq "x"'), 403)
    for method, path in (
        ("DELETE", f"/Schemas/{USER}"),
        ("PUT", "/ServiceProviderConfig"),
        ("POST", "/ResourceTypes"),
    ):
        answer = await ingress.send(method, path, {})
        error_of(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD"


async def test_nobody_is_me(ingress: Ingress) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        error_of(await ingress.send(method, "/Me", {}), 501)


# --- filters ------------------------------------------------------------------------------------


FILTERS = (
    ('userName sw "p."', 3),
    ('title eq "turner"', 1),
    ('title ne "Turner" and title pr', 1),
    ('title co "une"', 1),
    ('title co "urne"', 1),
    ('userName ew "ONE"', 1),
    ("title pr", 2),
    ("not (title pr)", 1),
    ("active eq true", 2),
    ("active eq false", 1),
    ('userName gt "p.three"', 1),
    ('userName ge "p.three"', 2),
    ('userName lt "p.three"', 1),
    ('userName le "p.three"', 2),
    ('meta.created gt "2020-01-01T00:00:00Z"', 3),
    ('meta.lastModified lt "2020-01-01T00:00:00Z"', 0),
    ('meta.resourceType eq "User"', 3),
    # and binds closer than or, brackets bind closest, nothing minds its case
    ('userName eq "p.one" or userName eq "p.two" and title eq "zzz"', 1),
    ('(userName eq "p.one" or userName eq "p.two") and title eq "zzz"', 0),
    ('userName sw "p" and not (title eq "Turner" or title eq "Tuner")', 1),
    ('userName EQ "p.one" OR USERNAME Eq "P.THREE"', 2),
    ("Active Eq True AND NOT (title PR)", 1),
    ('(ActiVe eq true) and (userName eq "p.one") and meta.lastmodified ge "2020-05-26T18:18Z"', 1),
    # entries of several values
    ('emails[type eq "work"]', 1),
    ('emails[type eq "work" and value co "@home"]', 0),
    ('emails[type eq "home" and value co "@home"]', 1),
    ('emails[not (type eq "work")]', 2),
    ('emails.value eq "two@x.test"', 1),
    ('emails co "two@"', 1),
    ('emails.type eq "home"', 2),
    ("emails pr", 2),
    ('emails[type eq "work"].value eq "one@x.test"', 1),
    # names in full
    (f'{USER}:userName eq "p.one"', 1),
    (f"{USER}:name.givenName pr", 0),
    # nothing at all
    ('displayName eq "nobody" and active eq true', 0),
)  # fmt: skip
"""Filters, and how many of three people each finds."""


async def test_a_filter_finds_what_it_says(ingress: Ingress) -> None:
    await three_people(ingress)
    for text, found in FILTERS:
        page = page_of(await ingress.http.get("/Users", params={"filter": text}))
        assert (page["totalResults"], len(page.get("Resources", []))) == (found, found), text


async def test_attributes_of_the_extension_are_filtered(ingress: Ingress) -> None:
    extension = {"department": "Looms", "employeeNumber": "N-7"}
    one = await ingress.user("p.one", **{ENTERPRISE: extension})
    await ingress.user("p.two")
    for text in (
        f'{ENTERPRISE}:department eq "looms"',
        f'{ENTERPRISE}:employeeNumber sw "N-" and userName eq "p.one"',
    ):
        assert await ingress.found("/Users", text) == [one]


async def test_an_external_id_is_compared_with_case(ingress: Ingress) -> None:
    one = await ingress.user("p.one", externalId="CaseX")
    assert await ingress.found("/Users", 'externalId eq "CaseX"') == [one]
    assert await ingress.found("/Users", 'externalId eq "casex"') == []


async def test_groups_are_filtered_by_their_members(ingress: Ingress) -> None:
    one, two, _ = await three_people(ingress)
    weavers, _ = await ingress.group("Weavers", one, two), await ingress.group("Empty")
    for text in (
        f'members eq "{one}"',
        f'members[value eq "{two}" and type eq "User"]',
        "members pr",
    ):
        assert await ingress.found("/Groups", text) == [weavers]
    assert await ingress.found("/Users", f'groups[value eq "{weavers}"]') == [one, two]


NO_FILTERS = (
    'userName zz "x"', "userName eq", '(userName eq "x"', 'userName eq "x" and',
    'emails[type eq "work"', 'eq "x"', 'userName eq "x', "userName eq max", "nonsense",
    'noSuch eq "x"', "active gt true", 'emails[emails[type eq "a"]]', 'meta.created eq "today"',
)  # fmt: skip


async def test_a_filter_that_is_none_is_refused(ingress: Ingress) -> None:
    for text in NO_FILTERS:
        error_of(await ingress.http.get("/Users", params={"filter": text}), 400, "invalidFilter")
    body = {"schemas": [SEARCH], "filter": NO_FILTERS[0]}
    error_of(await ingress.send("POST", "/Users/.search", body), 400, "invalidFilter")


# --- order and pages ----------------------------------------------------------------------------


async def test_order_goes_by_an_attribute_and_what_has_none_is_last_and_first(
    ingress: Ingress,
) -> None:
    one, two, three = await three_people(ingress)
    for order, expected in (("ascending", [two, one, three]), ("descending", [three, one, two])):
        page = page_of(await ingress.send("GET", f"/Users?sortBy=title&sortOrder={order}"))
        assert [each["id"] for each in page["Resources"]] == expected
    error_of(await ingress.send("GET", "/Users?sortBy=name"), 400, "invalidPath")


async def test_counts_have_bounds(ingress: Ingress) -> None:
    await three_people(ingress)
    for query, start, length in (
        ("count=0", 1, 0),
        ("count=-5", 1, 0),
        ("count=1000000", 1, 3),
        ("startIndex=0&count=1", 1, 1),
        ("startIndex=-3&count=1", 1, 1),
        ("startIndex=3&count=5", 3, 1),
        ("startIndex=99999999999999999999&count=99999999999999999999", 99999999999999999999, 0),
        ("count=1&_=12345&foo=bar", 1, 1),
    ):
        page = page_of(await ingress.send("GET", f"/Users?{query}"))
        assert (page["totalResults"], len(page.get("Resources", []))) == (3, length), query
        assert page.get("startIndex", 1) == start, query
    for nonsense in ("count=ten", "startIndex=first", "count=1.5", "count="):
        detail = error_of(await ingress.send("GET", f"/Users?{nonsense}"), 400, "invalidValue")
        assert nonsense.partition("=")[0] in detail


async def test_cursors_walk_every_page_once_and_back(ingress: Ingress) -> None:
    for number in range(5):
        await ingress.user(f"user{number}")
    pages = [page_of(await ingress.send("GET", "/Users?cursor&count=2"))]
    while cursor := pages[-1].get("nextCursor"):
        pages.append(page_of(await ingress.send("GET", f"/Users?count=2&cursor={cursor}")))
    assert [len(page["Resources"]) for page in pages] == [2, 2, 1]
    assert "startIndex" not in pages[0]
    names = [each["userName"] for page in pages for each in page["Resources"]]
    assert names == [f"user{number}" for number in range(5)]
    back = page_of(await ingress.send("GET", f"/Users?count=2&cursor={pages[1]['previousCursor']}"))
    assert back["Resources"] == pages[0]["Resources"]
    assert "previousCursor" not in back


async def test_cursors_neither_skip_nor_repeat_while_people_come_and_go(ingress: Ingress) -> None:
    ids = [await ingress.user(f"user{number}", title="bac"[number % 3]) for number in range(9)]
    query = 'sortBy=title&count=2&filter=userName sw "user"'
    whole = page_of(await ingress.send("GET", "/Users?sortBy=title"))
    expected = [each["id"] for each in whole["Resources"]]
    page = page_of(await ingress.send("GET", f"/Users?{query}&cursor"))
    seen: list[str] = []
    comes = 0
    while True:
        seen += [each["id"] for each in page["Resources"]]
        if not (cursor := page.get("nextCursor")):
            break
        await ingress.send("DELETE", f"/Users/{seen[-1]}")  # what the cursor stands on
        await ingress.user(f"user-{comes}", title="a")  # before it
        comes += 1
        page = page_of(await ingress.send("GET", f"/Users?{query}&cursor={cursor}"))
    assert [id_ for id_ in seen if id_ in ids] == expected


async def test_a_cursor_serves_its_own_query_only(ingress: Ingress) -> None:
    for number in range(3):
        await ingress.user(f"user{number}")
    page = page_of(await ingress.send("GET", "/Users?cursor=&count=1&sortBy=userName"))
    cursor = page["nextCursor"]
    for query, scim_type in (
        (f"count=1&sortBy=title&cursor={cursor}", "invalidCursor"),
        (f"count=1&sortBy=userName&cursor={cursor[:-4]}AAAA", "invalidCursor"),
        ("count=1&sortBy=userName&cursor=nonsense", "invalidCursor"),
        (f"count=2&sortBy=userName&cursor={cursor}", "invalidCount"),
        ("cursor=&startIndex=1", "invalidValue"),
    ):
        error_of(await ingress.send("GET", f"/Users?{query}"), 400, scim_type)
    error_of(await ingress.send("GET", f"/Groups?count=1&cursor={cursor}"), 400, "invalidCursor")


async def test_any_process_serves_the_next_page(ingress: Ingress, api: ServedApi) -> None:
    ids = [await ingress.user(f"user{number}") for number in range(3)]
    path = f"{ingress.http.base_url.path}Users?count=1&sortBy=userName&cursor"
    page = page_of(await ingress.send("GET", f"{api.base}{path}"))
    seen = [each["id"] for each in page["Resources"]]
    with served_api(api.database_url) as other:
        for base in (other.base, api.base):
            page = page_of(await ingress.send("GET", f"{base}{path}={page['nextCursor']}"))
            seen += [each["id"] for each in page["Resources"]]
    assert seen == ids


async def test_no_other_token_opens_a_cursor(ingress: Ingress, api: ServedApi) -> None:
    for number in range(2):
        await ingress.user(f"user{number}")
    cursor = page_of(await ingress.send("GET", "/Users?cursor&count=1"))["nextCursor"]
    async with ingress_over_http(api, ingress.database) as other:
        await other.user("user")
        answer = await other.send("GET", f"/Users?count=1&cursor={cursor}")
        error_of(answer, 400, "invalidCursor")


async def test_a_search_by_post_is_the_same_search(ingress: Ingress) -> None:
    one, two, _ = await three_people(ingress)
    group = await ingress.group("p.group")
    body: dict[str, Any] = {"schemas": [SEARCH], "filter": "title pr", "attributes": ["userName"]}
    page = page_of(
        await ingress.send("POST", "/Users/.search", body | {"startIndex": 1, "count": 1})
    )
    assert (page["totalResults"], page["itemsPerPage"]) == (2, 1)
    assert page["Resources"][0].keys() == {"schemas", "id", "userName"}
    everything = {"schemas": [SEARCH], "sortBy": "id", "count": 2, "cursor": ""}
    pages = [page_of(await ingress.send("POST", "/.search", everything))]
    while cursor := pages[-1].get("nextCursor"):
        sent = everything | {"cursor": cursor}
        pages.append(page_of(await ingress.send("POST", "/.search", sent)))
    ids = [each["id"] for page in pages for each in page["Resources"]]
    assert ids == sorted(ids)
    assert {one, two, group} < set(ids)
    found = page_of(await ingress.send("POST", "/.search", {"filter": f'id eq "{group}"'}))
    assert [each["id"] for each in found["Resources"]] == [group]


# --- shapes and versions ------------------------------------------------------------------------


async def test_attributes_are_chosen_and_left_out(ingress: Ingress) -> None:
    user = await ingress.user(
        "p.one", displayName="One", name={"givenName": "O", "familyName": "Ne"}
    )
    path = f"/Users/{user}"
    chosen = resource_of(await ingress.send("GET", f"{path}?attributes=USERNAME,name.givenName"))
    assert chosen.keys() == {"schemas", "id", "userName", "name"}
    assert chosen["name"] == {"givenName": "O"}
    left = resource_of(
        await ingress.send("GET", f"{path}?excludedAttributes=displayName,name.familyName,id")
    )
    assert (left["id"], left["name"]) == (user, {"givenName": "O"})
    assert "displayName" not in left
    assert "name" not in resource_of(await ingress.send("GET", f"{path}?excludedAttributes=name"))
    error_of(
        await ingress.send("GET", f"{path}?attributes=id&excludedAttributes=name"),
        400,
        "invalidValue",
    )


async def test_an_unchanged_resource_is_not_sent_again(ingress: Ingress) -> None:
    path = f"/Users/{await ingress.user('p.one')}"
    version = (await ingress.send("GET", path)).headers["etag"]
    for known in (version, f'W/"x", {version}', "*"):
        answer = await ingress.send("GET", path, **{"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", version)
    assert (await ingress.send("GET", path, **{"if-none-match": 'W/"x"'})).status_code == 200


async def test_head_answers_like_get_without_the_body(ingress: Ingress) -> None:
    user = await ingress.user("p.one")
    for path in ("/Users", f"/Users/{user}", "/Schemas", "/Users/nobody", "/Nonsense"):
        get, head = await ingress.send("GET", path), await ingress.send("HEAD", path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        for name in ("content-type", "content-length", "etag"):
            assert head.headers.get(name) == get.headers.get(name), path
