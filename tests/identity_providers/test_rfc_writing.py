"""Does writing keep RFC 7643 and RFC 7644? Creations, replacements, PATCH, versions, groups."""

from typing import Any

from tests.drivers.in_process import GROUP, PATCH, USER, Ingress
from tests.identity_providers.answers import error_of, page_of, resource_of, with_members

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


async def read(ingress: Ingress, id_: str) -> dict[str, Any]:
    """Read a user."""
    return resource_of(await ingress.send("GET", f"/Users/{id_}"))


# --- creations ----------------------------------------------------------------------------------


async def test_a_creation_says_where_the_resource_is(ingress: Ingress) -> None:
    answer = await ingress.send("POST", "/Users", {"schemas": [USER], "userName": "q.one"})
    user = resource_of(answer, 201)
    assert user["schemas"] == [USER]
    assert user["meta"]["resourceType"] == "User"
    assert answer.headers["location"] == user["meta"]["location"]
    assert answer.headers["etag"] == user["meta"]["version"]
    assert resource_of(await ingress.send("GET", answer.headers["location"])) == user


async def test_what_only_the_server_says_is_ignored(ingress: Ingress) -> None:
    sent = {
        "schemas": [USER],
        "id": "mine",
        "userName": "q.one",
        "meta": {"resourceType": "User", "created": "1999-01-01T00:00:00Z"},
        "groups": [{"value": "bogus", "display": "Admins"}],
    }
    user = resource_of(await ingress.send("POST", "/Users", sent), 201)
    assert user["id"] != "mine"
    assert "groups" not in user
    assert not user["meta"]["created"].startswith("1999")
    error_of(await ingress.send("GET", "/Users/mine"), 404)


async def test_names_come_in_any_case(ingress: Ingress) -> None:
    sent = {
        "SCHEMAS": [USER],
        "USERNAME": "q.one",
        "Name": {"GIVENNAME": "Quy"},
        "displayname": "Q",
    }
    user = resource_of(await ingress.send("POST", "/Users", sent), 201)
    assert (user["userName"], user["name"], user["displayName"]) == (
        "q.one",
        {"givenName": "Quy"},
        "Q",
    )
    operations = [
        {"op": "replace", "path": "DISPLAYNAME", "value": "Quy Two"},
        {"OP": "add", "PATH": "NickName", "VALUE": "Q"},
    ]
    await ingress.patch(f"/Users/{user['id']}", *operations)
    found = await read(ingress, user["id"])
    assert (found["displayName"], found["nickName"]) == ("Quy Two", "Q")


async def test_the_answer_to_a_write_has_the_shape_asked_for(ingress: Ingress) -> None:
    body = {"schemas": [USER], "userName": "q.one", "displayName": "One"}
    made = await ingress.send("POST", "/Users?attributes=userName", body)
    user = resource_of(made, 201)
    assert user.keys() == {"schemas", "id", "userName"}
    path = f"/Users/{user['id']}"
    put = resource_of(await ingress.send("PUT", f"{path}?attributes=userName", body))
    assert put.keys() == {"schemas", "id", "userName"}
    operations = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "T"}]}
    sent = await ingress.send("PATCH", f"{path}?excludedAttributes=displayName", operations)
    assert "displayName" not in resource_of(sent)
    found = await read(ingress, user["id"])
    assert (found["displayName"], found["title"]) == ("One", "T")
    group = resource_of(
        await ingress.send(
            "POST",
            "/Groups?excludedAttributes=members",
            {"displayName": "Qs", "members": [{"value": user["id"]}]},
        ),
        201,
    )
    assert "members" not in group


async def test_a_password_is_never_shown_by_anything(ingress: Ingress) -> None:
    secret = "s3cret-Bobbin"
    body = {"schemas": [USER], "userName": "q.one", "password": secret}
    made = await ingress.send("POST", "/Users", body)
    path = f"/Users/{resource_of(made, 201)['id']}"
    change = {"op": "replace", "path": "password", "value": secret}
    answers = [
        made,
        await ingress.send("GET", f"{path}?attributes=password"),
        await ingress.send("GET", "/Users"),
        await ingress.send("PUT", path, body),
        await ingress.patch(path, change),
        await ingress.patch(path, {"op": "replace", "value": {"password": secret}}),
    ]
    assert all(answer.is_success and secret not in answer.text for answer in answers)


async def test_wrong_types_are_refused_and_nothing_is_stored(ingress: Ingress) -> None:
    for wrong, named in (
        ({"name": "just text"}, "name"),
        ({"active": "banana"}, "active"),
        ({"userName": {"a": 1}}, "userName"),
        ({"userName": None}, "userName"),
        ({"emails": "q@x.test"}, "emails"),
        ({"emails": [1]}, "emails"),
        ({"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]}, "emails"),
        ({"schemas": "x"}, "schemas"),
    ):
        answer = await ingress.send(
            "POST", "/Users", {"schemas": [USER], "userName": "q.one"} | wrong
        )
        assert named in error_of(answer, 400, "invalidValue").replace("_", "")
    assert page_of(await ingress.send("GET", "/Users"))["totalResults"] == 0


# --- PATCH --------------------------------------------------------------------------------------


async def test_one_bad_operation_undoes_the_good_ones(ingress: Ingress) -> None:
    one = await ingress.user("q.one", displayName="Before")
    await ingress.user("q.two")
    good = {"op": "replace", "path": "displayName", "value": "After"}
    taken = {"op": "replace", "path": "userName", "value": "Q.TWO"}
    error_of(await ingress.patch(f"/Users/{one}", good, {"op": "remove"}), 400, "noTarget")
    error_of(await ingress.patch(f"/Users/{one}", good, taken), 409, "uniqueness")
    assert (await read(ingress, one))["displayName"] == "Before"


async def test_a_patch_that_is_none_is_refused_for_its_reason(ingress: Ingress) -> None:
    one = await ingress.user("q.one", emails=[{"value": "a@x.test", "type": "home"}])
    for operation, scim_type in (
        ({"op": "upsert", "path": "displayName", "value": "x"}, "invalidValue"),
        ({"op": "add", "path": "displayName"}, "invalidValue"),
        ({"path": "displayName", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "noSuch", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "name.noSuch", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
        ({"op": "remove", "path": "urn:no:such:schema:attribute"}, "invalidPath"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "1999-01-01T00:00:00Z"}, "mutability"),
        ({"op": "add", "path": "groups", "value": [{"value": "x"}]}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "remove"}, "noTarget"),
        # Entries are made for filters that describe one; others keep to the RFC.
        ({"op": "replace", "path": 'emails[value co "z"].type', "value": "x"}, "noTarget"),
        ({"op": "replace", "path": "emails", "value": ["plain"]}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": "banana"}, "invalidValue"),
    ):
        detail = error_of(await ingress.patch(f"/Users/{one}", operation), 400, scim_type)
        assert "pydantic" not in detail, operation
    error_of(
        await ingress.send("PATCH", f"/Users/{one}", {"schemas": [PATCH]}), 400, "invalidValue"
    )


async def test_paths_name_their_schema(ingress: Ingress) -> None:
    one = await ingress.user("q.one")
    await ingress.patch(
        f"/Users/{one}",
        {"op": "replace", "path": f"{USER}:displayName", "value": "By URN"},
        {"op": "replace", "path": f"{USER}:name.givenName", "value": "Uri"},
        {"op": "add", "path": ENTERPRISE, "value": {"department": "Looms"}},
    )
    found = await read(ingress, one)
    assert (found["displayName"], found["name"]["givenName"]) == ("By URN", "Uri")
    assert found[ENTERPRISE] == {"department": "Looms"}


async def test_one_entry_is_primary(ingress: Ingress) -> None:
    attributes = ("emails", "roles", "entitlements")
    one = await ingress.user(
        "q.one", **{name: [{"value": "a", "type": "work", "primary": True}] for name in attributes}
    )
    second = [{"value": "b", "type": "home", "primary": True}]
    adds = [{"op": "add", "path": name, "value": second} for name in attributes]
    await ingress.patch(f"/Users/{one}", *adds)
    found = await read(ingress, one)
    for name in attributes:
        assert [each["value"] for each in with_members(found[name], primary=True)] == ["b"]
    back = {"op": "replace", "path": 'emails[type eq "work"].primary', "value": True}
    await ingress.patch(f"/Users/{one}", back)
    emails = (await read(ingress, one))["emails"]
    assert [each["value"] for each in with_members(emails, primary=True)] == ["a"]


# --- versions -----------------------------------------------------------------------------------


async def test_a_stale_version_changes_nothing(ingress: Ingress) -> None:
    one = await ingress.user("q.one", displayName="One")
    path = f"/Users/{one}"
    stale = (await ingress.send("GET", path)).headers["etag"]
    change = {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "displayName", "value": "Two"}],
    }
    assert (await ingress.send("PATCH", path, change, **{"if-match": stale})).status_code == 200
    current = (await ingress.send("GET", path)).headers["etag"]
    assert current != stale
    body = {"schemas": [USER], "userName": "q.one"}
    for method, sent in (("PATCH", change), ("PUT", body), ("DELETE", None)):
        error_of(await ingress.send(method, path, sent, **{"if-match": stale}), 412)
        error_of(await ingress.send(method, path, sent, **{"if-none-match": current}), 412)
    assert (await read(ingress, one))["displayName"] == "Two"
    assert (
        await ingress.send("PUT", path, body, **{"if-match": f"{stale}, {current}"})
    ).status_code == 200
    assert (await ingress.send("DELETE", path, **{"if-match": "*"})).status_code == 204


# --- groups -------------------------------------------------------------------------------------


async def test_a_group_is_a_member_and_never_a_user(ingress: Ingress) -> None:
    inner = await ingress.group("Inner")
    body = {
        "schemas": [GROUP],
        "displayName": "Outer",
        "members": [{"value": inner, "type": "Group"}],
    }
    outer = resource_of(await ingress.send("POST", "/Groups", body), 201)
    (member,) = outer["members"]
    assert (member["value"], member["type"]) == (inner, "Group")
    assert resource_of(await ingress.send("GET", member["$ref"]))["id"] == inner
    assert page_of(await ingress.send("GET", "/Users"))["totalResults"] == 0
    path = f"/Groups/{outer['id']}"
    await ingress.patch(path, {"op": "remove", "path": f'members[value eq "{inner}"]'})
    assert await ingress.members(outer["id"]) == []


async def test_groups_of_a_user_follow_its_memberships(ingress: Ingress) -> None:
    one = await ingress.user("q.one")
    group = await ingress.group("Qs", one)
    (shown,) = (await read(ingress, one))["groups"]
    assert (shown["value"], shown["display"]) == (group, "Qs")
    assert resource_of(await ingress.send("GET", shown["$ref"]))["id"] == group
    remove = {"op": "remove", "path": f'members[value eq "{one}"]'}
    await ingress.patch(f"/Groups/{group}", remove)
    assert "groups" not in await read(ingress, one)


async def test_a_deleted_user_leaves_its_groups(ingress: Ingress) -> None:
    one, two = await ingress.user("q.one"), await ingress.user("q.two")
    group = await ingress.group("Qs", one, two)
    assert (await ingress.send("DELETE", f"/Users/{one}")).status_code == 204
    assert await ingress.members(group) == [two]


async def test_an_only_member_need_not_be_a_list(ingress: Ingress) -> None:
    one, two = await ingress.user("q.one"), await ingress.user("q.two")
    body = {"schemas": [GROUP], "displayName": "Qs", "members": {"value": one}}
    group = resource_of(await ingress.send("POST", "/Groups", body), 201)["id"]
    await ingress.patch(
        f"/Groups/{group}", {"op": "add", "path": "members", "value": {"value": two}}
    )
    assert await ingress.members(group) == sorted([one, two])
