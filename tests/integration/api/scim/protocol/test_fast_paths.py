"""Are plain requests answered as those are that say the same in other words?"""

from typing import Any

import httpx2
import pytest
from sqlalchemy import RowMapping

from tests.conformance.provider_users import BODIES
from tests.drivers.in_process import PATCH, Ingress


async def test_a_look_up_gives_what_its_filter_in_brackets_gives(ingress: Ingress) -> None:
    await ingress.user("Ada@acme.test", title="Weaver")
    for name in ("ada@ACME.test", "nobody"):
        plain, bracketed = [
            await ingress.http.get("/Users", params={"filter": text})
            for text in (f'userName eq "{name}"', f'(userName eq "{name}")')
        ]
        assert plain.json() == bracketed.json()
        assert plain.status_code == bracketed.status_code == 200


async def test_a_leaver_is_answered_and_marked_as_by_a_patch_of_more(ingress: Ingress) -> None:
    ada, bob = await ingress.user("ada"), await ingress.user("bob")
    leave = {"op": "replace", "value": {"active": False}}
    plain = await ingress.patch(f"/Users/{ada}", leave)
    full = await ingress.patch(f"/Users/{bob}", leave, {"op": "remove", "path": "title"})
    assert plain.status_code == full.status_code == 200
    assert plain.json()["active"] is full.json()["active"] is False
    assert plain.headers["etag"] == full.headers["etag"] == 'W/"2"'
    left = [await ingress.identity(id_) for id_ in (ada, bob)]
    assert left[0]["dirty_lane"] == left[1]["dirty_lane"] == 0
    assert left[0]["deactivation"] == left[1]["deactivation"]


async def test_who_has_left_already_keeps_the_version(ingress: Ingress) -> None:
    ada = await ingress.user("ada", active=False)
    again = await ingress.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": False}})
    assert again.headers["etag"] == 'W/"1"'


async def test_a_leaver_of_another_version_stays(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    leave = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
    refused = await ingress.send("PATCH", f"/Users/{ada}", leave, **{"If-Match": 'W/"7"'})
    assert refused.status_code == 412
    assert (await ingress.http.get(f"/Users/{ada}")).json()["active"] is True


@pytest.mark.parametrize("provider", BODIES)
async def test_a_plain_person_is_stored_and_answered_as_one_with_an_unknown_attribute(
    ingress: Ingress, provider: str
) -> None:
    neighbour = await ingress.neighbour()
    plain = await ingress.send("POST", "/Users", BODIES[provider])
    full = await neighbour.send("POST", "/Users", BODIES[provider] | {"unknown": 1})
    assert plain.status_code == full.status_code == 201
    assert as_of(plain, ingress) == as_of(full, neighbour)
    [identity], [other] = await ingress.identities(), await neighbour.identities()
    assert attributes_of(identity) == attributes_of(other)


def as_of(answer: httpx2.Response, ingress: Ingress) -> str:
    """Return the text of an answer without what differs between two users by its nature."""
    body = answer.json()
    text = answer.text.replace(body["id"], "ID").replace(ingress.connection, "CONNECTION")
    for time in ("created", "lastModified"):
        text = text.replace(body["meta"][time], "TIME")
    return text


def attributes_of(identity: RowMapping) -> dict[str, Any]:
    """Return what an identity tells of its user."""
    others = {"connection_id", "id", "version", "changed_at", "told_at", "correlation_id"}
    return {
        name: value
        for name, value in identity.items()
        if name not in others and not name.startswith(("dirty", "due"))
    }


async def test_a_leaver_by_put_is_answered_and_marked_as_by_a_put_of_more(
    ingress: Ingress,
) -> None:
    body = BODIES["okta"]
    left = []
    for name, more in (("ada", {}), ("bob", {"unknown": 1})):
        id_ = await ingress.user(name)
        await ingress.settle()
        leaver = body | more | {"id": id_, "userName": name, "active": False}
        answer = await ingress.send("PUT", f"/Users/{id_}", leaver)
        assert answer.status_code == 200
        assert answer.headers["etag"] == 'W/"2"'
        identity = await ingress.identity(id_)
        assert identity["dirty_lane"] == 0
        text = as_of(answer, ingress).replace(name, "NAME")
        left.append((text, identity["active"], identity["deactivation"]))
    assert left[0] == left[1]


async def test_a_put_of_another_version_changes_nothing(ingress: Ingress) -> None:
    ada = await ingress.user("ada", title="Weaver")
    body = BODIES["okta"] | {"userName": "ada"}
    refused = await ingress.send("PUT", f"/Users/{ada}", body, **{"If-Match": 'W/"7"'})
    assert refused.status_code == 412
    assert (await ingress.http.get(f"/Users/{ada}")).json()["title"] == "Weaver"
