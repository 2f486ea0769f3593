"""Does a leaver stay gone when the directory has lost the leaving, until somebody decides?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import pytest
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from api.admin.resync import publish_again
from api.reconciliation.verdicts import Verdict
from contracts.clock import now
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    MdmDeactivation,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    Rules,
    StoreRules,
    UnassignDevices,
)
from contracts.topology import Lane
from contracts.transport import Backlog
from tests.drivers.both_sides import Installation
from tests.integration.both_sides.conftest import SwitchOn
from tests.integration.both_sides.test_sweep import sweep_of
from tests.readings.samples import samples
from tests.servers.lost_commits import losing_commits
from worker.sync.mapping import FAILURES, RECORDS

DAY = 86_400_000_000
INACTIVE = {"op": "replace", "path": "active", "value": False}
ACTIVE = INACTIVE | {"value": True}
GAUGE = "muster_leavers_unknown_to_directory"


def mdm(on_deactivate: MdmDeactivation) -> MdmRules:
    return MdmRules(on_create=CreateMdmEmployee(), on_deactivate=on_deactivate)


STORE = StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())
DASHBOARD = DashboardRules(
    on_create=CreateCollaborator(role=Role.ADMIN), on_deactivate=RemoveCollaborator()
)
EVERY_RULE: Mapping[str, Rules] = {
    "nothing": StoreRules(on_create=CreateEmployee()),
    "remove employee": STORE,
    "remove collaborator": DASHBOARD,
    "unassign devices": mdm(UnassignDevices()),
    "change policy": mdm(ChangePolicy(policy="Quarantine")),
    "remove user": mdm(RemoveUser()),
    "remove user and devices": mdm(RemoveUserAndDevices()),
}
WAYS = ("deactivated", "deleted")


@dataclass(frozen=True, slots=True)
class Downstream:
    """All there is downstream, to be compared."""

    accounts: object
    devices: object


async def downstream_of(installation: Installation) -> Downstream:
    accounts = await installation.accounts()
    devices = [it async for it in installation.inventory.devices.of_workspace("Acme")]
    return Downstream([replace(it, version=None) for it in accounts], devices)


async def employed(installation: Installation, rules: Rules) -> str:
    """Let somebody join who has a device, on portals that have devices."""
    await installation.ingress.user("boss@acme.test")
    ada = await installation.ingress.user("ada@acme.test", displayName="Ada Quill")
    await installation.deliver()
    if rules.portal is Portal.MDM:
        for policy in ("Office", "Quarantine"):
            await installation.inventory.policies.add("Acme", policy)
        await installation.inventory.devices.add(
            "Acme", "LAPTOP-1", policy="Office", assigned_to="ada@acme.test"
        )
    return ada


async def leave(installation: Installation, identity: str, way: str) -> None:
    if way == "deleted":
        answer = await installation.ingress.send("DELETE", f"/Users/{identity}")
        assert answer.status_code == 204
    else:
        answer = await installation.ingress.patch(f"/Users/{identity}", INACTIVE)
        assert answer.status_code == 200
    await installation.deliver()


async def lose_a_leaver(installation: Installation, way: str = "deactivated") -> str:
    """Let somebody leave, and the directory lose that."""
    ada = await employed(installation, STORE)
    async with losing_commits(installation.ingress.database):
        await leave(installation, ada, way)
    return ada


async def leavers(installation: Installation) -> list[str]:
    return [leaver.identity for leaver in (await installation.compare()).leavers]


@pytest.mark.parametrize(
    ("shared_database_url", "name", "way"),
    [
        *(pytest.param("sqlite", *it) for it in product(EVERY_RULE, WAYS)),
        pytest.param("postgres", "remove employee", "deleted", marks=pytest.mark.postgres),
        pytest.param("postgres", "remove collaborator", "deactivated", marks=pytest.mark.postgres),
        pytest.param("postgres", "change policy", "deactivated", marks=pytest.mark.postgres),
        pytest.param("postgres", "unassign devices", "deleted", marks=pytest.mark.postgres),
    ],
    indirect=["shared_database_url"],
    scope="module",
)
async def test_neither_sweep_nor_repair_brings_a_leaver_back_whatever_the_rules_are(
    switched_on: SwitchOn, name: str, way: str
) -> None:
    rules = EVERY_RULE[name]
    installation = await switched_on(rules)
    ada = await employed(installation, rules)
    async with losing_commits(installation.ingress.database):
        await leave(installation, ada, way)
    gone = await downstream_of(installation)

    assert await sweep_of(installation).sweep() == 0
    assert await installation.fix() == 0
    assert await installation.ingress.marked() == set()
    await installation.deliver()
    assert await downstream_of(installation) == gone
    comparison = await installation.compare()
    assert comparison.counts == {Verdict.IN_STEP: 1, Verdict.LEFT: 1}
    assert [it.identity for it in comparison.leavers] == [ada]
    assert comparison.findings == []


async def test_the_sweep_names_leavers_without_anything_personal(
    installation: Installation,
) -> None:
    ada = await lose_a_leaver(installation)
    with capture_logs() as logs:
        await sweep_of(installation).sweep()
    assert logs == [
        {
            "event": "leavers_unknown_to_directory",
            "log_level": "warning",
            "identities": 1,
            "named": [f"{installation.ingress.connection}/{ada}"],
        }
    ]
    assert samples(installation.registry, GAUGE) == {(): 1}


@pytest.mark.parametrize("backlog", [None, Backlog({Lane.URGENT: 0, Lane.BULK: 1})])
async def test_leavers_are_named_though_something_waits_on_the_broker(
    installation: Installation, backlog: Backlog | None
) -> None:
    await lose_a_leaver(installation)
    installation.courier.backlog = backlog
    await sweep_of(installation).sweep()
    assert samples(installation.registry, GAUGE) == {(): 1}


async def test_the_sweep_repairs_everybody_else(installation: Installation) -> None:
    ada = await lose_a_leaver(installation)
    ben = await installation.ingress.user("ben@acme.test")
    await installation.deliver(lost=True)
    assert await sweep_of(installation).sweep() == 1
    assert await installation.ingress.marked() == {ben}
    await installation.deliver()
    assert await leavers(installation) == [ada]


async def test_the_provider_that_says_it_again_makes_a_leaver_known(
    installation: Installation,
) -> None:
    ada = await lose_a_leaver(installation)
    gone = await downstream_of(installation)
    await leave(installation, ada, "deactivated")
    assert await leavers(installation) == []
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert await downstream_of(installation) == gone
    await sweep_of(installation).sweep()
    assert samples(installation.registry, GAUGE) == {}


async def test_a_change_of_a_group_brings_no_leaver_back_and_one_of_the_person_does(
    installation: Installation,
) -> None:
    ada = await lose_a_leaver(installation)
    gone = await downstream_of(installation)
    group = await installation.ingress.group("Weavers", ada)
    await installation.deliver()
    name = {"op": "replace", "path": "displayName", "value": "Spinners"}
    await installation.ingress.patch(f"/Groups/{group}", name)
    await installation.deliver()
    assert await downstream_of(installation) == gone
    assert await leavers(installation) == [ada]
    title = {"op": "replace", "path": "displayName", "value": "Dr Ada Quill"}
    await installation.ingress.patch(f"/Users/{ada}", title)
    await installation.deliver()
    assert all(not account.removed for account in await installation.accounts())


async def test_the_provider_brings_back_who_really_came_back(installation: Installation) -> None:
    ada = await lose_a_leaver(installation)
    await leave(installation, ada, "deactivated")
    await installation.ingress.patch(f"/Users/{ada}", ACTIVE)
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert all(not account.removed for account in await installation.accounts())


@pytest.mark.parametrize("way", WAYS)
async def test_who_is_brought_back_is_there_and_known_and_can_leave_again(
    installation: Installation, way: str
) -> None:
    ada = await lose_a_leaver(installation, way)
    assert await installation.bring_back() == 1
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert "ada@acme.test" in [account.email for account in await installation.accounts()]
    await leave(installation, ada, "deactivated")
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert "ada@acme.test" not in [account.email for account in await installation.accounts()]


async def test_who_left_while_a_clock_was_a_day_ahead_is_brought_back_by_a_newer_version(
    installation: Installation,
) -> None:
    ada = await lose_a_leaver(installation)
    tomorrow = installation.clock() + DAY
    of_ada = update(RECORDS).where(RECORDS.c.identity == ada)
    await installation.by_hand(of_ada.values(applied_version=tomorrow, deactivated_at=tomorrow))
    assert await sweep_of(installation).sweep() == 0
    assert await installation.bring_back() == 1
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    await leave(installation, ada, "deactivated")
    assert (await installation.ingress.identity(ada))["deactivated_at"] > tomorrow
    assert "ada@acme.test" not in [account.email for account in await installation.accounts()]


async def test_a_leaver_whom_the_provider_deactivated_meanwhile_is_not_brought_back(
    installation: Installation,
) -> None:
    ada = await lose_a_leaver(installation)
    found = (await installation.compare()).leavers
    await leave(installation, ada, "deactivated")
    known = (await installation.ingress.identity(ada))["deactivated_at"]
    assert await installation.bring_back(found) == 1
    await installation.deliver()
    assert (await installation.ingress.identity(ada))["deactivated_at"] == known
    assert "ada@acme.test" not in [account.email for account in await installation.accounts()]


async def test_a_last_admin_who_is_to_leave_is_still_to_leave(switched_on: SwitchOn) -> None:
    installation = await switched_on(DASHBOARD)
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    async with losing_commits(installation.ingress.database):
        await leave(installation, ada, "deactivated")
    assert await leavers(installation) == [ada]
    assert await sweep_of(installation).sweep() == 0
    state = (await installation.states.of(installation.ingress.connection, [ada]))[ada]
    assert [refusal.reason for refusal in state.refusals] == ["last_admin"]


async def test_somebody_whose_leaving_was_given_up_is_left_as_failed(
    installation: Installation,
) -> None:
    ada = await employed(installation, STORE)
    async with losing_commits(installation.ingress.database):
        await installation.ingress.patch(f"/Users/{ada}", INACTIVE)
        version = (await installation.ingress.identity(ada))["version"]
    given_up = {
        "connection": installation.ingress.connection,
        "identity": ada,
        "kind": "exhausted",
        "message": "DBAPIError 40001",
        "first_at": 1,
        "last_at": 1,
        "attempts": 5,
        "version": version,
        "correlation_id": "",
    }
    await installation.by_hand(insert(FAILURES).values(given_up))
    [leaver] = (await installation.compare()).leavers
    assert (leaver.identity, leaver.differs) == (ada, ["failure"])
    assert await sweep_of(installation).sweep() == 0
    assert await installation.fix() == 0
    assert await installation.bring_back() == 1
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}


async def test_somebody_inactive_on_both_sides_is_repaired_and_stays_gone(
    installation: Installation,
) -> None:
    ada = await employed(installation, STORE)
    await leave(installation, ada, "deactivated")
    async with losing_commits(installation.ingress.database):
        await leave(installation, ada, "deleted")
    assert await sweep_of(installation).sweep() == 1
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert "ada@acme.test" not in [account.email for account in await installation.accounts()]


async def test_who_left_twice_and_then_comes_back_by_the_provider_is_no_unknown_leaver(
    installation: Installation,
) -> None:
    ada = await employed(installation, STORE)
    await leave(installation, ada, "deactivated")
    async with losing_commits(installation.ingress.database):
        await installation.ingress.patch(f"/Users/{ada}", ACTIVE)
        await installation.deliver()
        await leave(installation, ada, "deactivated")
    await publish_again(installation.ingress.database, installation.ingress.connection, now())
    await installation.deliver()
    assert await installation.fix() == 1, "the directory learns the second leaving"
    await installation.ingress.patch(f"/Users/{ada}", ACTIVE)
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert "ada@acme.test" in [account.email for account in await installation.accounts()]


async def test_a_leaver_who_was_never_known_is_let_go_of_by_one_repair(
    installation: Installation,
) -> None:
    async with losing_commits(installation.ingress.database):
        ada = await employed(installation, STORE)
        await leave(installation, ada, "deactivated")
    assert await installation.fix() == 2
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    assert "ada@acme.test" not in [account.email for account in await installation.accounts()]


async def test_whoever_comes_back_by_a_group_of_the_provider_is_named_all_the_same(
    installation: Installation,
) -> None:
    ada = await employed(installation, STORE)
    weavers = await installation.ingress.group("Weavers", ada)
    await installation.deliver()
    async with losing_commits(installation.ingress.database):
        await leave(installation, ada, "deactivated")
    renamed = {"op": "replace", "path": "displayName", "value": "Spinners"}
    await installation.ingress.patch(f"/Groups/{weavers}", renamed)
    assert await leavers(installation) == [ada]
    await installation.deliver()
    assert await leavers(installation) == [ada]


async def test_what_an_earlier_leaving_meant_is_not_done_when_downstream_is_restored_next(
    switched_on: SwitchOn,
) -> None:
    rules = mdm(UnassignDevices())
    installation = await switched_on(rules)
    ada = await employed(installation, rules)
    await leave(installation, ada, "deactivated")
    await installation.ingress.patch(f"/Users/{ada}", ACTIVE)
    await installation.deliver()
    of_ada = RECORDS.c.identity == ada
    async with installation.downstream.read() as db:
        backup = dict((await db.execute(select(RECORDS).where(of_ada))).mappings().one())
    async with losing_commits(installation.ingress.database):
        await leave(installation, ada, "deactivated")
    await installation.bring_back()
    await installation.deliver()
    await installation.inventory.devices.add("Acme", "LAPTOP-2", assigned_to="ada@acme.test")

    await installation.by_hand(update(RECORDS).where(of_ada).values(backup))
    assert await installation.fix() == 1
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 2}
    devices = {it.serial: it async for it in installation.inventory.devices.of_workspace("Acme")}
    assert devices["LAPTOP-2"].assigned_to == "ada@acme.test"
