"""Are rules and brake of a connection changed by one request, and both or none of them?"""

import pytest

from api.admin.actors import COMMAND
from api.admin.list_audit import list_changes
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.in_process import Ingress

PATH = "/connections/acme-store"


async def test_rules_and_brake_change_together_and_each_is_in_the_audit_log(
    admin_api: AdminApi,
) -> None:
    wanted = {"on_create": "nothing", "brake": "200:20"}
    answer = await admin_api.owner.send("PATCH", PATH, wanted)
    changed = answer.json()
    assert answer.status_code == 200
    assert (changed["connection"], changed["brake"]) == ("acme-store", "200:20")
    assert changed["rules"]["on_create"] == {"do": "nothing"}
    assert changed["rules"]["on_deactivate"] == {"do": "remove-employee"}
    shown = await admin_api.viewer.get(PATH)
    assert (shown["rules"], shown["brake"]) == (changed["rules"], "200:20")
    actions = [it.action for it in await list_changes(admin_api.it, COMMAND)]
    assert {"connections.change", "connections.brake"} <= {*actions}


async def test_a_brake_alone_publishes_nobody_and_rules_alone_leave_the_brake(
    ingress: Ingress,
) -> None:
    async with admin_api_on(ingress.database) as api:
        await ingress.user("ada@example.com")
        await ingress.settle()
        path = f"/connections/{ingress.connection}"
        of_brake = (await api.operator.send("PATCH", path, {"brake": "off"})).json()
        assert (of_brake["brake"], of_brake["marked"]) == ("off", 0)
        assert not await ingress.marked()
        of_rules = (await api.operator.send("PATCH", path, {"on_deactivate": "nothing"})).json()
        assert (of_rules["brake"], of_rules["marked"]) == ("off", 1)


@pytest.mark.parametrize(
    ("wanted", "status", "code", "field"),
    [
        ({"on_create": "nothing", "brake": "many"}, 400, "unusable_brake", "brake"),
        ({"on_create": "create-collaborator", "brake": "9:9"}, 400, "unusable_rules", "on_create"),
        ({"on_create": "nothing", "brakes": "9:9"}, 422, "invalid_request", "brakes"),
        ({"on_create": "nothing", "brake": 9}, 422, "invalid_request", "brake"),
        ({}, 400, "nothing_to_change", None),
        ({"brake": None}, 400, "nothing_to_change", None),
    ],
    ids=["brake", "rules", "unknown field", "type", "nothing", "null"],
)
async def test_where_one_of_both_is_wrong_neither_is_changed(
    admin_api: AdminApi, wanted: dict[str, object], status: int, code: str, field: str | None
) -> None:
    before = await admin_api.owner.get(PATH)
    answer = await admin_api.owner.send("PATCH", PATH, wanted)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem.get("field")) == (status, code, field)
    assert problem["remedy"]
    assert await admin_api.owner.get(PATH) == before


async def test_only_an_owner_of_its_workspace_changes_a_connection(admin_api: AdminApi) -> None:
    before = await admin_api.owner.get(PATH)
    for actor, status in ((admin_api.viewer, 403), (admin_api.stranger, 404)):
        assert (await actor.send("PATCH", PATH, {"brake": "off"})).status_code == status
    assert await admin_api.owner.get(PATH) == before
