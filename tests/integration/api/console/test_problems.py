"""Do the pages tell who is kept back by what, try again, and let conflicts be decided?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from api.admin.actors import COMMAND
from api.admin.conflicts import list_conflicts
from api.admin.list_audit import list_changes
from api.directory.tables import Identity
from contracts.downstream.open_problems import Cause, Trouble
from contracts.rules import (
    ChangePolicy,
    CreateEmployee,
    CreateMdmEmployee,
    LeaveAlone,
    MdmRules,
    StoreRules,
)
from tests.drivers.admin_http import AdminApi
from tests.drivers.both_sides import Installation, installation_on
from tests.drivers.browsers import Visitor
from tests.drivers.counted_statements import counted_statements
from tests.drivers.in_process import USER, Ingress
from tests.drivers.whole_console import WholeConsole, whole_console
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.migrated import NewDatabase
from worker.sync.mapping import FAILURES, REFUSALS

KEEP = StoreRules(on_create=CreateEmployee(), on_deactivate=LeaveAlone())
LOCKING = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy="Locked"))
ADA, ELSEWHERE, MARKUP = "ada@acme.test", "ada.king@acme.test", "<b>bold</b>"
LEAVE = {"op": "replace", "path": "active", "value": False}
BEYOND = 4_000_000_000_000_000


@pytest.fixture
async def console(new_database_url: NewDatabase) -> AsyncIterator[WholeConsole]:
    """Give the console in front of both sides."""
    async with whole_console(new_database_url) as served:
        yield served


@pytest.fixture
async def admin_api(console: WholeConsole) -> AdminApi:
    """Give its administrators."""
    return console.api


@dataclass(frozen=True, slots=True)
class Twins:
    """Two directories of a store that have pushed an Ada each: the first one has the account."""

    api: AdminApi
    first: Installation
    second: Installation
    holder: str
    waiting: str

    @property
    def path(self) -> str:
        """Return the path of the page of the conflict."""
        return f"/problems/conflicts/{self.second.ingress.connection}/{self.waiting}"

    async def holders(self) -> dict[str | None, str | None]:
        """Return who holds the account of each address."""
        return {account.email: account.identity for account in await self.first.accounts()}

    async def seen(self, visitor: Visitor) -> str:
        """Look at the conflict, and return what its forms say of what was seen."""
        page = await visitor.text(self.path)
        return page.partition('name="seen" value="')[2].partition('"')[0]


@pytest.fixture
async def twins(console: WholeConsole) -> AsyncIterator[Twins]:
    """Give two people in each other's way."""
    async with (
        installation_on(console.databases, KEEP) as first,
        installation_on(console.databases, KEEP) as second,
    ):
        holder = await first.ingress.user("ada-one", emails=[{"value": ADA}])
        await first.deliver()
        waiting = await second.ingress.user("ada-two", emails=[{"value": ADA}])
        await second.deliver()
        yield Twins(console.api, first, second, holder, waiting)


async def many(ingress: Ingress, name: str, number: int) -> list[str]:
    """Push people whose names begin so, and return their ids."""
    users = [{"schemas": [USER], "userName": f"{name}{each}"} for each in range(number)]
    return await ingress.together("/Users", users)


async def fail(
    installation: Installation, *identities: str, message: str = "OperationalError"
) -> None:
    """Let the worker have given up events."""
    row = {
        "connection": installation.ingress.connection,
        "kind": "exhausted",
        "message": message,
        "first_at": 1_000_000,
        "last_at": 2_000_000,
        "attempts": 6,
        "version": 1,
        "correlation_id": "c",
    }
    for identity in identities:
        await installation.by_hand(insert(FAILURES).values(row | {"identity": identity}))


async def refuse(installation: Installation, *identities: str) -> None:
    """Let the worker have refused actions."""
    row = {"connection": installation.ingress.connection, "reason": "no_email", "since": 1_000_000}
    for identity in identities:
        values = row | {"identity": identity, "action": "provide_account"}
        await installation.by_hand(insert(REFUSALS).values(values))


async def reject(ingress: Ingress, identity: str) -> None:
    """Let an identity be one that cannot be published."""
    rejected = {
        "rejection": "larger than the broker takes",
        "rejected_version": BEYOND,
        "rejections": 1,
        "first_rejected_at": 1,
        "rejected_at": 2,
    }
    async with ingress.database.write() as db:
        await db.execute(update(Identity).where(col(Identity.id) == identity).values(rejected))


async def test_nobody_has_a_problem(viewer: Visitor) -> None:
    page = await viewer.text("/problems?workspace=Acme")
    assert "There are no problems" in page


async def test_people_are_grouped_by_what_keeps_them_back(twins: Twins, viewer: Visitor) -> None:
    people = [await twins.first.ingress.user(f"p{number}") for number in range(8)]
    await fail(twins.first, *people[:6])
    await fail(twins.first, people[6], message="TimeoutError")
    await reject(twins.first.ingress, people[7])
    page = await viewer.text("/problems?workspace=Acme")
    figures = page[page.index('<dl class="figures">') : page.index("</dl>")]
    assert [part.partition("</dd>")[0] for part in figures.split("<dd>")[1:]] == ["1", "8"]
    for told in (
        "Address belongs to another account",
        "Every attempt failed",
        "Too large to be sent",
        "TimeoutError",
        "larger than the broker",
    ):
        assert told in page
    assert "6 people" in page
    first = twins.first.ingress.connection
    assert page.count(f'href="/console/people/{first}/') == 5 + 1 + 1
    assert (
        f'href="/console/people/{twins.second.ingress.connection}/{twins.waiting}">ada-two<' in page
    )


async def test_the_people_of_other_workspaces_are_never_counted(
    console: WholeConsole, viewer: Visitor, stranger: Visitor
) -> None:
    async with installation_on(console.databases, KEEP, workspace="Other") as other:
        people = [await other.ingress.user(f"{name}-of-other") for name in "abc"]
        await fail(other, people[0])
        await refuse(other, people[1])
        await reject(other.ingress, people[2])
        assert "There are no problems" in await viewer.text("/problems?workspace=Acme")
        for cause in ("failed&name=exhausted&message=OperationalError", "refused&name=no_email"):
            page = await viewer.text(f"/problems/group?workspace=Acme&trouble={cause}")
            assert "Nobody has this problem any more" in page
        page = await stranger.text("/problems")
        assert page.count("-of-other") == 3


async def test_a_group_lists_everybody_page_by_page(twins: Twins, viewer: Visitor) -> None:
    people = await many(twins.first.ingress, "p", 53)
    await fail(twins.first, *people[:52])
    path = "/problems/group?workspace=Acme&trouble=failed&name=exhausted&message=OperationalError"
    first = await viewer.text(path)
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await viewer.text(following.removeprefix("/console"))
    pages = [page.count('data-name="Person"') for page in (first, second)]
    assert pages == [50, 2]
    assert "<strong>52 people</strong>" in second
    await reject(twins.first.ingress, people[52])
    path = "/problems/group?workspace=Acme&trouble=failed&name=unpublishable&message="
    assert "p52" in await viewer.text(f"{path}larger than the broker takes")
    assert (await viewer.get("/problems/group?workspace=Acme&trouble=x")).status_code == 404


async def test_everybody_of_a_group_is_tried_again(twins: Twins, owner: Visitor) -> None:
    ben, eve = [await twins.first.ingress.user(name) for name in ("ben", "eve")]
    other = await twins.first.ingress.user("other")
    await twins.first.deliver()
    await fail(twins.first, ben, eve)
    await fail(twins.first, other, message="TimeoutError")
    await owner.get("/problems?workspace=Acme")
    cause = {"trouble": "failed", "name": "exhausted", "message": "OperationalError"}
    answer = await owner.send("/problems/retry", {"workspace": "Acme", **cause})
    assert "2 people are on the way again" in answer.text
    assert await twins.first.ingress.marked() == {ben, eve}
    changes = await list_changes(twins.api.it, COMMAND, workspace="Acme")
    assert (changes[0].action, changes[0].after) == (
        "problems.retry",
        {"trouble": "failed", "people": 2, "cause": "exhausted"},
    )
    await twins.first.deliver()
    assert "OperationalError" not in await owner.text("/problems?workspace=Acme")


async def test_one_person_is_tried_again(twins: Twins, owner: Visitor) -> None:
    ben, eve = [await twins.first.ingress.user(name) for name in ("ben", "eve")]
    await twins.first.deliver()
    await fail(twins.first, ben, eve)
    cause = {"trouble": "failed", "name": "exhausted", "message": "OperationalError"}
    await owner.get("/problems?workspace=Acme")
    person = f"{twins.first.ingress.connection}/{ben}"
    answer = await owner.send("/problems/retry", {"workspace": "Acme", **cause, "person": person})
    assert "1 person is on the way again" in answer.text
    assert await twins.first.ingress.marked() == {ben}


async def test_an_unknown_leaver_is_left_alone(twins: Twins, owner: Visitor) -> None:
    ben = await twins.first.ingress.user("ben")
    await twins.first.deliver()
    await twins.first.ingress.patch(f"/Users/{ben}", LEAVE)
    await twins.first.deliver()
    async with twins.first.ingress.database.write() as db:  # as by the restore of a backup
        back = {"active": True, "deactivated_at": 0, "deactivation": None}
        await db.execute(update(Identity).where(col(Identity.id) == ben).values(back))
    await refuse(twins.first, ben)
    await owner.get("/problems?workspace=Acme")
    cause = {"trouble": "refused", "name": "no_email"}
    answer = await owner.send("/problems/retry", {"workspace": "Acme", **cause})
    assert "1 person is left alone" in answer.text


async def test_a_missing_policy_leads_to_the_policies(
    console: WholeConsole, owner: Visitor
) -> None:
    async with installation_on(console.databases, LOCKING) as mdm:
        ada = await mdm.ingress.user(ADA)
        await mdm.deliver()
        await mdm.inventory.devices.add("Acme", "L-1", assigned_to=ADA)
        await mdm.ingress.patch(f"/Users/{ada}", LEAVE)
        await mdm.deliver()
        page = await owner.text("/problems?workspace=Acme")
        assert 'href="/console/policies?workspace=Acme">To the policies' in page


async def test_a_conflict_shows_who_waits_and_who_has_the_address(
    twins: Twins, viewer: Visitor
) -> None:
    listed = await viewer.text("/problems/conflicts?workspace=Acme")
    assert ADA in listed
    page = await viewer.text(twins.path)
    for text in (listed, page):
        assert f'/people/{twins.second.ingress.connection}/{twins.waiting}">ada-two<' in text
        assert f'/people/{twins.first.ingress.connection}/{twins.holder}">ada-one<' in text
        assert "Active" in text
    assert "Hand the account over" not in page
    assert "Move the address" not in page


async def test_an_account_is_handed_over(twins: Twins, owner: Visitor) -> None:
    await twins.first.ingress.patch(f"/Users/{twins.holder}", LEAVE)
    await twins.first.deliver()
    page = await owner.text(twins.path)
    assert "has left, and loses nothing that is in use" in page
    answer = await owner.send(f"{twins.path}/release", {"seen": await twins.seen(owner)})
    assert "was handed over" in answer.text
    assert "Nobody waits for an address" in answer.text
    assert await twins.holders() == {ADA: twins.waiting}


async def test_somebody_active_loses_an_account_on_demand_only(
    twins: Twins, owner: Visitor
) -> None:
    page = await owner.text(twins.path)
    assert "is active, loses the account" in page
    fields = {"seen": await twins.seen(owner)}
    answer = await owner.send(f"{twins.path}/release", fields)
    assert answer.status_code == 409
    assert "Tick the box" in answer.text
    assert await twins.holders() == {ADA: twins.holder}
    await owner.send(f"{twins.path}/release", {**fields, "from_active": "yes"})
    assert await twins.holders() == {ADA: twins.waiting}


async def test_an_address_is_moved(twins: Twins, owner: Visitor) -> None:
    seen = await twins.seen(owner)
    answer = await owner.send(f"{twins.path}/move", {"seen": seen, "to": "no address"})
    assert answer.status_code == 400
    assert 'value="no address"' in answer.text
    answer = await owner.send(f"{twins.path}/move", {"seen": seen, "to": ELSEWHERE})
    assert "address was given" in answer.text
    assert await twins.holders() == {ELSEWHERE: twins.holder, ADA: twins.waiting}


async def test_a_conflict_that_has_changed_is_looked_at_again(twins: Twins, owner: Visitor) -> None:
    await owner.get(twins.path)
    for path in ("release", "move"):
        fields = {"seen": "another account", "to": ELSEWHERE, "from_active": "yes"}
        answer = await owner.send(f"{twins.path}/{path}", fields)
        assert answer.status_code == 409
        assert "has changed since you looked" in answer.text
    assert await twins.holders() == {ADA: twins.holder}


async def test_a_viewer_finds_no_form_and_changes_nothing(twins: Twins, viewer: Visitor) -> None:
    group = "/problems/group?workspace=Acme&trouble=refused&name=conflict"
    for path in ("/problems?workspace=Acme", group, "/problems/conflicts", twins.path):
        assert (await viewer.text(path)).count("<form") == 1, path
    person = f"{twins.second.ingress.connection}/{twins.waiting}"
    cause = {"workspace": "Acme", "trouble": "refused", "name": "conflict"}
    account = (await twins.first.accounts())[0].id
    seen = f"{account} {twins.first.ingress.connection} {twins.holder}"
    for path, fields in (
        ("/problems/retry", cause),
        ("/problems/retry", cause | {"person": person}),
        (f"{twins.path}/release", {"seen": seen, "from_active": "yes"}),
        (f"{twins.path}/move", {"seen": seen, "to": ELSEWHERE}),
    ):
        answer = await viewer.send(path, fields)
        assert answer.status_code == 403, path
    assert await twins.holders() == {ADA: twins.holder}
    assert await twins.second.ingress.marked() == set()


async def test_another_workspace_gets_nothing(twins: Twins, stranger: Visitor) -> None:
    group = "/problems/group?workspace=Acme&trouble=refused&name=conflict"
    paths = ("/problems?workspace=Acme", group, "/problems/conflicts?workspace=Acme", twins.path)
    for path in paths:
        assert (await stranger.get(path)).status_code == 404
    await stranger.get("/problems")
    person = f"{twins.second.ingress.connection}/{twins.waiting}"
    cause = {"trouble": "refused", "name": "conflict"}
    for path, fields in (
        ("/problems/retry", cause | {"workspace": "Acme"}),
        ("/problems/retry", cause | {"workspace": "Other", "person": person}),
        (f"{twins.path}/release", {"seen": "x", "from_active": "yes"}),
        (f"{twins.path}/move", {"seen": "x", "to": ELSEWHERE}),
    ):
        assert (await stranger.send(path, fields)).status_code == 404
    assert await twins.second.ingress.marked() == set()
    found = list_conflicts(twins.api.it, COMMAND, "Acme")
    assert len([each async for each in found]) == 1


async def test_markup_in_names_is_inert(twins: Twins, owner: Visitor) -> None:
    person = await twins.first.ingress.user(MARKUP)
    await fail(twins.first, person, message=MARKUP)
    group = "/problems/group?workspace=Acme&trouble=failed&name=exhausted&message=<b>bold</b>"
    for path in ("/problems?workspace=Acme", group):
        page = (await owner.get(path)).text
        assert MARKUP not in page
        assert page.count("&lt;b&gt;bold") > 1


@on_new_databases_of_both
async def test_pages_take_as_many_statements_for_few_people_as_for_many(
    console: WholeConsole, twins: Twins, viewer: Visitor
) -> None:
    some = await twins.first.ingress.user("some")
    await fail(twins.first, some)
    cause = Cause(Trouble.FAILED, "exhausted", "OperationalError")
    group = (
        f"/problems/group?workspace=Acme&trouble={cause.trouble}&name={cause.name}"
        f"&message={cause.message}"
    )
    paths = ("/problems?workspace=Acme", group)
    counts = []
    for path in paths:
        with counted_statements(console.databases) as seen:
            await viewer.text(path)
        counts.append(len(seen))
    more = await many(twins.first.ingress, "more-", 20)
    await fail(twins.first, *more)
    await refuse(twins.first, *more)
    for path, count in zip(paths, counts, strict=True):
        with counted_statements(console.databases) as seen:
            await viewer.text(path)
        assert len(seen) == count < 30
