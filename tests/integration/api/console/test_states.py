"""Can a connection be stopped in a browser, and let go on? Each step names what it does."""

import pytest

from api.admin.actors import COMMAND
from api.admin.connection_states import change_state, show_connection
from api.directory.connection_states import Verb
from tests.drivers.admin_http import AdminApi
from tests.drivers.browsers import Visitor
from tests.integration.api.outbox.test_judged_leavings import names, world_on
from tests.readings.statements import asked_of
from tests.servers.both_databases import on_both_databases

PATH = "/connections/acme-store/state"


async def state_of(api: AdminApi) -> str:
    return (await show_connection(api.it, COMMAND, "acme-store")).standing.shown


@pytest.mark.parametrize(
    ("steps", "then", "offered"),
    [
        ([], "live", {"pause", "observe", "off"}),
        (["pause"], "paused", {"resume", "observe", "off"}),
        (["observe"], "observing", {"resume", "pause", "off"}),
        (["observe", "resume"], "live", {"pause", "observe", "off"}),
        (["pause", "off"], "off", {"on"}),
        (["pause", "off", "on"], "paused", {"resume", "observe", "off"}),
    ],
    ids=lambda it: "-".join(it) if isinstance(it, list) else "",
)
async def test_each_state_offers_the_steps_from_it(
    owner: Visitor, admin_api: AdminApi, steps: list[str], then: str, offered: set[str]
) -> None:
    page = (await owner.get(PATH)).text
    for step in steps:
        page = (await owner.send(PATH, {"step": step})).text
    assert await state_of(admin_api) == then
    every = {*Verb, "preview"}
    assert {it for it in every if f'name="step" value="{it}"' in page} == offered


@on_both_databases
async def test_the_people_who_stay_are_counted(admin_api: AdminApi, operator: Visitor) -> None:
    await world_on(admin_api.it.directory, "50:10", 3, "Acme")
    page = await operator.text("/connections/acme-store-2/state")
    assert "The 3 active people keep account" in page


@on_both_databases
@pytest.mark.parametrize("page", ["state", "delete", "rules"])
async def test_a_page_reads_as_much_for_many_people_as_for_few(
    owner: Visitor, admin_api: AdminApi, page: str
) -> None:
    costs = []
    for number, people in ((2, 3), (3, 60)):
        await world_on(admin_api.it.directory, "50:10", people, "Acme")
        path = f"/connections/acme-store-{number}/{page}"
        await owner.get(path)
        with asked_of(admin_api.it.directory) as asked:
            assert (await owner.get(path)).status_code == 200
        costs.append(asked.cost)
    assert costs[0] == costs[1]


async def test_who_set_the_state_is_told_as_in_the_audit_log(
    owner: Visitor, viewer: Visitor, admin_api: AdminApi
) -> None:
    for path in (PATH, "/connections/acme-store"):
        assert "the command line" in await owner.text(path)
    await owner.send(PATH, {"step": "pause"})
    id_ = admin_api.admins["owner"].id
    for path in (PATH, "/connections/acme-store"):
        page = await owner.text(path)
        assert "owner (administrator)" in page
        assert id_ not in page
        page = await viewer.text(path)
        assert f"administrator {id_}" in page
        assert "owner (administrator)" not in page


async def test_an_unknown_step_is_refused(owner: Visitor, admin_api: AdminApi) -> None:
    await owner.get(PATH)
    assert (await owner.send(PATH, {"step": "explode"})).status_code == 400
    assert await state_of(admin_api) == "live"


async def test_a_switched_off_connection_does_not_go_live(
    owner: Visitor, admin_api: AdminApi
) -> None:
    await owner.get(PATH)
    await change_state(admin_api.it, COMMAND, "acme-store", Verb.PAUSE)
    await change_state(admin_api.it, COMMAND, "acme-store", Verb.OFF)
    for step in ("preview", "resume"):
        answer = await owner.send(PATH, {"step": step})
        assert answer.status_code == 409
        assert "Switch the connection on" in answer.text


async def test_who_may_only_look_finds_no_step(viewer: Visitor, admin_api: AdminApi) -> None:
    assert 'name="step"' not in (await viewer.get(PATH)).text
    for step in ("pause", "preview"):
        assert (await viewer.send(PATH, {"step": step})).status_code == 403
    assert await state_of(admin_api) == "live"


async def test_a_stranger_stops_nothing(stranger: Visitor, admin_api: AdminApi) -> None:
    assert (await stranger.get(PATH)).status_code == 404
    assert (await stranger.send(PATH, {"step": "pause"})).status_code == 404
    assert await state_of(admin_api) == "live"


# --- deletion -----------------------------------------------------------------------------------

DELETE = "/connections/acme-store-2/delete"
MEANT = {"people": "keep", "typed": "acme-store-2"}


async def test_a_deletion_names_its_consequences_in_numbers(
    owner: Visitor, admin_api: AdminApi
) -> None:
    world = await world_on(admin_api.it.directory, "off", 4, "Acme")
    await world.leave(*names(1))
    await change_state(admin_api.it, COMMAND, world.connection, Verb.PAUSE)
    page = await owner.text(DELETE)
    assert "1 live token ends at once" in page
    assert "3 active and 1 inactive people" in page
    assert "1 change that waits is not carried out" in page
    assert "The employee is removed." in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"typed": "acme-store"}, "not typed as it is"),
        ({"typed": ""}, "not typed as it is"),
        ({"people": ""}, "Nothing was chosen"),
    ],
    ids=["another", "nothing", "undecided"],
)
async def test_a_deletion_takes_the_id_and_a_choice(
    owner: Visitor, admin_api: AdminApi, wrong: dict[str, str], told: str
) -> None:
    await world_on(admin_api.it.directory, "off", 1, "Acme")
    await owner.get(DELETE)
    answer = await owner.send(DELETE, MEANT | wrong)
    assert answer.status_code == 400
    assert told in answer.text
    assert (await show_connection(admin_api.it, COMMAND, "acme-store-2")).closing is None


async def test_a_deletion_tells_how_far_it_is(owner: Visitor, admin_api: AdminApi) -> None:
    await world_on(admin_api.it.directory, "off", 2, "Acme")
    await owner.get(DELETE)
    page = (await owner.send(DELETE, MEANT)).text
    assert "The deletion has begun" in page
    assert "2 people are left" in page
    part = await owner.get(DELETE, x_fragment="1")
    assert "2 people are left" in part.text
    assert "<html" not in part.text
    rules = await owner.text("/connections/acme-store-2/rules")
    assert "is being deleted" in rules
    assert 'name="step"' not in rules
    assert 'name="step"' not in await owner.text("/connections/acme-store-2/state")


async def test_nobody_but_an_owner_deletes(
    viewer: Visitor, stranger: Visitor, admin_api: AdminApi
) -> None:
    await world_on(admin_api.it.directory, "off", 1, "Acme")
    assert 'name="typed"' not in await viewer.text(DELETE)
    assert (await viewer.send(DELETE, MEANT)).status_code == 403
    assert (await stranger.get(DELETE)).status_code == 404
    assert (await stranger.send(DELETE, MEANT)).status_code == 404
    assert (await show_connection(admin_api.it, COMMAND, "acme-store-2")).closing is None
