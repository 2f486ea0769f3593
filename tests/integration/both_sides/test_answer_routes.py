"""Do previews and reasons read over HTTP as they are computed?"""

from collections.abc import AsyncIterator

import pytest

from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.both_sides import Installation

pytestmark = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)

ADA, BEN = "ada@acme.test", "ben@acme.test"


@pytest.fixture
async def api(installation: Installation) -> AsyncIterator[AdminApi]:
    """Give the admin API in front of an installation where two people are employed."""
    for name in (ADA, BEN):
        await installation.ingress.user(name)
    await installation.deliver()
    directory = installation.ingress.database
    async with admin_api_on(directory, served=installation.administration) as served:
        yield served


async def test_a_preview_counts_all_effects_and_lists_the_first(
    installation: Installation, api: AdminApi
) -> None:
    path = f"/connections/{installation.ingress.connection}/preview"
    told = await api.viewer.post(path, {"deactivate": [ADA, BEN], "limit": 1})
    assert told["counts"] == {"remove": 2}
    [effect] = told["effects"]
    assert set(effect) == {"identity", "effect", "before", "after", "reason"}
    assert (effect["effect"], effect["reason"]) == ("remove", "deactivation")
    kept = {"on_deactivate": "nothing", "deactivate": [ADA]}
    assert await api.owner.post(path, kept) == {"counts": {}, "effects": []}


async def test_a_preview_that_cannot_be_is_refused_by_its_code(
    installation: Installation, api: AdminApi
) -> None:
    path = f"/connections/{installation.ingress.connection}/preview"
    for body, status, code in (
        ({}, 400, "nothing_to_preview"),
        ({"deactivate": ["eve@acme.test"]}, 404, "unknown_person"),
        ({"on_create": "create-mdm-employee"}, 400, "unusable_rules"),
        ({"deactivates": [ADA]}, 422, "invalid_request"),
    ):
        answer = await api.owner.send("POST", path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "eve" not in answer.text
    assert (await api.stranger.send("POST", path, {"go_live": True})).status_code == 404


async def test_why_is_answered_with_facts_rule_and_change(
    installation: Installation, api: AdminApi
) -> None:
    connection = installation.ingress.connection
    path = f"/connections/{connection}/people/{ADA}/why"
    told = await api.viewer.get(path)
    [answer] = told["answers"]
    assert told["connection"] == connection
    assert (answer["aspect"], answer["value"]) == ("account", ADA)
    assert answer["rule"] == "creation: create-employee"
    assert answer["change"] == {
        "do": "deactivate",
        "connection": connection,
        "identity": told["identity"],
    }
    assert (await api.stranger.send("GET", path)).status_code == 404
