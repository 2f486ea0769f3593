"""Can people who are held be decided on in a browser? Nobody is who was not named before."""

import re
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select, text, update

from api.admin.actors import COMMAND
from api.admin.audit import AUDIT
from api.admin.held import list_held, reject_held
from api.directory.tables import ApiTable
from tests.drivers.admin_http import AdminApi
from tests.drivers.browsers import Visitor, link_of
from tests.integration.api.outbox.test_judged_leavings import World, names, world_on
from tests.readings.statements import asked_of
from tests.servers.both_databases import on_both_databases

CONNECTION = "acme-store-2"
PATH = f"/held?workspace=Acme&connection={CONNECTION}"
FORM = {"connection": CONNECTION}
APPROVED = {"decision": "approve", "confirmed": "yes", "typed": CONNECTION}
UNTIL = re.compile('name="until" value="([0-9]+)"')
MARKUP = "<script>alert(1)</script>"
IDENTITIES = ApiTable.metadata.tables["identities"]


async def hold(api: AdminApi, people: int) -> World:
    """Let people leave of a second connection, which lets nobody leave."""
    world = await world_on(api.it.directory, "0:0", people, "Acme")
    await world.leave(*names(people))
    await world.relay(people)
    return world


async def held(api: AdminApi) -> Sequence[str]:
    return [it.identity for it in await list_held(api.it, COMMAND, CONNECTION)]


async def deeds(api: AdminApi) -> int | None:
    async with api.it.directory.read() as db:
        return await db.scalar(select(func.count()).select_from(AUDIT))


async def test_nobody_is_held_at_first(owner: Visitor) -> None:
    page = await owner.text("/held?workspace=Acme")
    assert "Nobody is held" in page
    assert "or 10\N{NO-BREAK SPACE}% of all if that is more, may leave." in page


@on_both_databases
async def test_the_held_are_listed_with_what_would_happen(
    viewer: Visitor, admin_api: AdminApi
) -> None:
    await hold(admin_api, 3)
    page = await viewer.text("/held?workspace=Acme")
    assert page.count("The employee leaves the Enterprise Store.") == 3
    assert f"{CONNECTION} holds 3 people." in page
    assert "person-002" in page


async def test_people_who_lose_the_same_are_told_together_however_it_was_written(
    owner: Visitor, admin_api: AdminApi
) -> None:
    await hold(admin_api, 3)
    written = dict(
        zip(names(3), ('{"do":"remove-employee"}', '{"do": "remove-employee"}'), strict=False)
    )
    async with admin_api.it.directory.write() as db:
        for id_, action in written.items():
            changed = text("UPDATE identities SET deactivation = :action WHERE id = :id")
            await db.execute(changed, {"action": action, "id": id_})
    page = await owner.send("/held", FORM | {"decision": "approve-all"})
    assert page.text.count("<dt>") == 1
    assert "<dt>3 people</dt>" in page.text


@on_both_databases
async def test_long_lists_page_and_read_no_more_than_they_show(
    owner: Visitor, admin_api: AdminApi
) -> None:
    await hold(admin_api, 120)
    with asked_of(admin_api.it.directory) as asked:
        many = await owner.get(PATH)
    assert many.text.count('name="identity"') == 50
    assert len(many.content) < 100_000
    assert len(asked.statements) < 20
    assert asked.rows < 2 * 50 + 20
    [following] = re.findall(r'href="/console([^"]+)" rel="next"', many.text)
    third = await owner.get(following.replace("&amp;", "&"))
    assert third.text.count('name="identity"') == 50


async def test_some_are_named_before_it_is_decided_on_them(
    owner: Visitor, admin_api: AdminApi
) -> None:
    await hold(admin_api, 5)
    await owner.get(PATH)
    some: dict[str, str | list[str]] = {**FORM, "identity": ["person-000", "person-001"]}
    asked = await owner.send("/held", some | {"decision": "approve-some"})
    assert "Approve 2 people?" in asked.text
    assert len(await held(admin_api)) == 5
    done = await owner.send("/held", {**some, **APPROVED})
    assert "Approved: 2 people" in done.text
    assert await held(admin_api) == list(names(5))[2:]


@on_both_databases
async def test_all_are_those_who_were_counted(owner: Visitor, admin_api: AdminApi) -> None:
    world = await hold(admin_api, 4)
    await owner.get(PATH)
    asked = await owner.send("/held", FORM | {"decision": "reject-all"})
    assert "Reject all 4 people?" in asked.text
    [until] = UNTIL.findall(asked.text)
    async with admin_api.it.directory.write() as db:
        later = update(IDENTITIES).where(IDENTITIES.c.connection_id == world.connection)
        later = later.where(IDENTITIES.c.id == "person-003").values(held_since=int(until) + 1)
        await db.execute(later)
    form = FORM | {"decision": "reject", "confirmed": "yes", "everybody": "yes", "until": until}
    done = await owner.send("/held", form)
    assert "Rejected: 3 people" in done.text
    assert await held(admin_api) == ["person-003"]


@on_both_databases
@pytest.mark.parametrize("typed", ["", "acme-store"], ids=["nothing", "another"])
async def test_an_approval_of_all_names_people_and_takes_the_typed_id(
    owner: Visitor, admin_api: AdminApi, typed: str
) -> None:
    await hold(admin_api, 8)
    await owner.get(PATH)
    asked = await owner.send("/held", FORM | {"decision": "approve-all"})
    for words in (
        "Approve all 8 people?",
        ">Approve 8 people</button>",
        "leaves the Enterprise Store",
        "and 3 more",
    ):
        assert words in asked.text
    assert "cannot be undone" in asked.text
    [until] = UNTIL.findall(asked.text)
    everybody = FORM | APPROVED | {"everybody": "yes", "until": until}
    refused = await owner.send("/held", everybody | {"typed": typed})
    assert refused.status_code == 400
    assert "not typed as it is shown" in refused.text
    assert UNTIL.findall(refused.text) == [until]
    assert len(await held(admin_api)) == 8
    done = await owner.send("/held", everybody)
    assert "Approved: 8 people. The employee leaves the Enterprise Store." in done.text
    assert await held(admin_api) == []


@on_both_databases
async def test_an_approval_that_takes_nothing_away_asks_for_no_name(
    owner: Visitor, admin_api: AdminApi
) -> None:
    world = await hold(admin_api, 1)
    async with admin_api.it.directory.write() as db:
        of_connection = IDENTITIES.c.connection_id == world.connection
        stays = update(IDENTITIES).where(of_connection).values(deactivation={"do": "nothing"})
        await db.execute(stays)
    await owner.get(PATH)
    one = FORM | {"identity": "person-000"}
    asked = await owner.send("/held", one | {"decision": "approve-some"})
    assert "Account and devices stay as they are" in asked.text
    assert 'name="typed"' not in asked.text
    done = await owner.send("/held", one | {"decision": "approve", "confirmed": "yes"})
    assert "Approved: 1 person. Account and devices stay as they are" in done.text


async def test_a_decision_on_nobody_leads_back_to_the_same_page_of_the_list(
    owner: Visitor, admin_api: AdminApi
) -> None:
    await hold(admin_api, 60)
    following = link_of((await owner.get(PATH)).text, "next")
    assert following is not None
    await owner.get(following)
    answer = await owner.send(following, FORM | {"decision": "approve-some"})
    assert answer.status_code == 400
    assert "Nothing was chosen" in answer.text
    assert answer.text.count('name="identity"') == 10
    assert link_of(answer.text, "prev") is not None


@pytest.mark.parametrize("answer", ["approve", "reject"])
async def test_a_decision_that_comes_too_late_is_told_and_not_recorded(
    owner: Visitor, admin_api: AdminApi, answer: str
) -> None:
    await hold(admin_api, 1)
    await owner.get(PATH)
    asked = await owner.send("/held", FORM | {"decision": f"{answer}-all"})
    [until] = UNTIL.findall(asked.text)
    await reject_held(admin_api.it, COMMAND, CONNECTION, None)
    before = await deeds(admin_api)
    late = FORM | APPROVED | {"decision": answer, "everybody": "yes", "until": until}
    for form in (late, FORM | {"decision": f"{answer}-all"}):
        done = await owner.send("/held", form)
        assert "Nothing was held any more." in done.text
    assert await deeds(admin_api) == before


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"decision": "approve-some"}, 400),
        ({"decision": "burn-some", "identity": "person-000"}, 400),
        ({"decision": "approve-some", "identity": "nobody"}, 400),
        ({"decision": "approve", "confirmed": "yes"}, 400),
        ({"decision": "approve", "confirmed": "yes", "everybody": "yes", "until": "x"}, 400),
        (
            {"decision": "approve", "confirmed": "yes", "everybody": "yes", "until": "9" * 5_000},
            400,
        ),
        (APPROVED | {"identity": "nobody"}, 409),
    ],
    ids=["nobody", "a word", "unknown", "none", "no time", "endless", "not held"],
)
async def test_a_wrong_decision_decides_nothing(
    owner: Visitor, admin_api: AdminApi, wrong: dict[str, str], status: int
) -> None:
    await hold(admin_api, 1)
    await owner.get(PATH)
    assert (await owner.send("/held", FORM | wrong)).status_code == status
    assert len(await held(admin_api)) == 1


async def test_who_may_only_look_decides_nothing(viewer: Visitor, admin_api: AdminApi) -> None:
    await hold(admin_api, 1)
    page = await viewer.text(PATH)
    assert "person-000" in page
    assert 'name="decision"' not in page
    for form in ({"decision": "approve-all"}, {"decision": "approve", "confirmed": "yes"}):
        answer = await viewer.send("/held", FORM | form | {"identity": "person-000"})
        assert answer.status_code == 403
    assert len(await held(admin_api)) == 1


async def test_a_stranger_finds_nobody(stranger: Visitor, admin_api: AdminApi) -> None:
    await hold(admin_api, 1)
    assert (await stranger.get(PATH)).status_code == 404
    assert (await stranger.get("/held?workspace=Acme")).status_code == 404
    form = FORM | {"decision": "approve", "confirmed": "yes", "identity": "person-000"}
    assert (await stranger.send("/held", form)).status_code == 404
    assert len(await held(admin_api)) == 1


async def test_markup_in_names_is_inert(owner: Visitor, admin_api: AdminApi) -> None:
    world = await hold(admin_api, 1)
    async with admin_api.it.directory.write() as db:
        named = {"user_name": MARKUP, "display_name": MARKUP, "email": f"{MARKUP}@acme.test"}
        of_connection = IDENTITIES.c.connection_id == world.connection
        await db.execute(update(IDENTITIES).where(of_connection).values(profile=named))
    page = await owner.get(PATH)
    asked = await owner.send("/held", FORM | {"identity": "person-000", "decision": "approve-some"})
    assert "&lt;script&gt;" in page.text
    assert "&lt;script&gt;" in asked.text
    assert MARKUP not in page.text + asked.text
