"""Why is it so, and does the change that is suggested alter it? Somebody makes each of them."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import insert, update

from api.admin.actors import COMMAND, Actor, Power
from api.admin.change_rules import change_rules
from api.admin.held import reject_held
from api.admin.lock_person import lock_person
from api.admin.rule_choices import RuleChoices
from api.admin.why.answers import Answer, Aspect, Do
from api.admin.why.explain import explain
from api.directory.connection_states import Verb
from api.directory.tables import ApiTable
from api.errors import UnknownConnection, UnknownPerson
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    LeaveAlone,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUserAndDevices,
    Role,
    RoleLine,
    Rules,
    StoreRules,
    UnassignDevices,
)
from tests.drivers.administration import stand
from tests.drivers.both_sides import Installation
from tests.integration.both_sides.conftest import SwitchOn
from tests.integration.both_sides.made_changes import arrive, make
from tests.servers.lost_commits import losing_commits
from worker.sync.mapping import FAILURES

Prepare = Callable[[Installation], Awaitable[str]]

ADA, INACTIVE = "ada@acme.test", {"op": "replace", "path": "active", "value": False}
EMPLOYS = StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())
KEEPS = StoreRules(on_create=CreateEmployee(), on_deactivate=LeaveAlone())
VIEWERS = DashboardRules(
    on_create=CreateCollaborator(role=Role.VIEWER), on_deactivate=RemoveCollaborator()
)
ADMINS = VIEWERS.model_copy(update={"on_create": CreateCollaborator(role=Role.ADMIN)})
MAPPED = VIEWERS.model_copy(update={"role_map": (RoleLine(name="Staff", role=Role.EDITOR),)})
MAPPED_ALIKE = VIEWERS.model_copy(update={"role_map": (RoleLine(name="Staff", role=Role.VIEWER),)})
OWNERS = DashboardRules(role_map=(RoleLine(name="Staff", role=Role.ADMIN),))


def mdm(on_deactivate: Any) -> MdmRules:
    return MdmRules(on_create=CreateMdmEmployee(), on_deactivate=on_deactivate)


# --- situations -------------------------------------------------------------------------------


async def joined(installation: Installation) -> str:
    ada = await installation.ingress.user(ADA)
    await arrive(installation)
    return ada


async def not_arrived(installation: Installation) -> str:
    await installation.inventory.workspaces.ensure_workspace("Acme")
    return await installation.ingress.user(ADA)


async def never_active(installation: Installation) -> str:
    ada = await installation.ingress.user(ADA, active=False)
    await arrive(installation)
    return ada


async def left(installation: Installation) -> str:
    ada = await joined(installation)
    await installation.ingress.patch(f"/Users/{ada}", INACTIVE)
    await arrive(installation)
    return ada


async def locked(installation: Installation) -> str:
    ada = await joined(installation)
    await lock_person(installation.administration, COMMAND, installation.ingress.connection, ada)
    await arrive(installation)
    return ada


def standing(*verbs: Verb) -> Prepare:
    async def prepare(installation: Installation) -> str:
        await stand(installation.ingress.database, installation.ingress.connection, *verbs)
        return await not_arrived(installation)

    return prepare


async def failed(installation: Installation) -> str:
    ada = await not_arrived(installation)
    await installation.deliver(lost=True)
    failure = {
        "connection": installation.ingress.connection,
        "identity": ada,
        "kind": "exhausted",
        "message": "OperationalError",
        "first_at": 1,
        "last_at": 1,
        "attempts": 6,
        "version": (await installation.ingress.identity(ada))["version"],
        "correlation_id": "1",
    }
    await installation.by_hand(insert(FAILURES).values(failure))
    return ada


async def sharing_an_address(installation: Installation) -> str:
    shared = [{"value": ADA}]
    await installation.ingress.user("eve", emails=shared)
    await arrive(installation)
    ada = await installation.ingress.user("ada", emails=shared)
    await arrive(installation)
    return ada


async def sharing_an_address_by_hand(installation: Installation) -> str:
    await installation.inventory.accounts.add("Acme", Portal.STORE, ADA)
    return await sharing_an_address(installation)


async def without_an_address(installation: Installation) -> str:
    ada = await installation.ingress.user("ada")
    await arrive(installation)
    return ada


async def left_unknown_to_the_directory(installation: Installation) -> str:
    ada = await joined(installation)
    async with losing_commits(installation.ingress.database):
        await installation.ingress.patch(f"/Users/{ada}", INACTIVE)
        await installation.deliver()
    return ada


async def held_by_the_brake(installation: Installation) -> str:
    ada = await joined(installation)
    await installation.ingress.patch(f"/Users/{ada}", INACTIVE)
    identities = ApiTable.metadata.tables["identities"]
    async with installation.ingress.database.write() as db:
        await db.execute(update(identities).values(leaving=1, held_since=1))
    await arrive(installation)
    return ada


def waived(prepare: Prepare, *, deleted: bool = False) -> Prepare:
    """Let somebody whose leaving the brake holds be rejected by an administrator."""

    async def prepare_both(installation: Installation) -> str:
        ada = await prepare(installation)
        await reject_held(
            installation.administration, COMMAND, installation.ingress.connection, [ada]
        )
        if deleted:
            await installation.ingress.http.delete(f"/Users/{ada}")
        await arrive(installation)
        return ada

    return prepare_both


async def kept_an_admin_by_the_brake(installation: Installation) -> str:
    ingress = installation.ingress
    ada = await ingress.user(ADA)
    group = await ingress.group("Staff", ada)
    await arrive(installation)
    await ingress.patch(f"/Groups/{group}", {"op": "remove", "path": "members"})
    identities = ApiTable.metadata.tables["identities"]
    async with ingress.database.write() as db:
        await db.execute(update(identities).values(admin_hold=1, admin_held_since=1))
    await arrive(installation)
    return ada


def adopted(portal: Portal, role: Role | None = None) -> Prepare:
    async def prepare(installation: Installation) -> str:
        await installation.inventory.accounts.add("Acme", portal, ADA, role=role)
        return await joined(installation)

    return prepare


async def protected_from_a_new_address(installation: Installation) -> str:
    ada = await adopted(Portal.DASHBOARD, Role.ADMIN)(installation)
    email = {"op": "replace", "path": "emails", "value": [{"value": "other@acme.test"}]}
    await installation.ingress.patch(f"/Users/{ada}", email)
    await arrive(installation)
    return ada


def beside_an_admin(prepare: Prepare) -> Prepare:
    async def prepare_both(installation: Installation) -> str:
        boss = "boss@acme.test"
        await installation.inventory.accounts.add("Acme", Portal.DASHBOARD, boss, role=Role.ADMIN)
        return await prepare(installation)

    return prepare_both


async def in_the_group(installation: Installation) -> str:
    ada = await installation.ingress.user(ADA)
    await installation.ingress.group("Staff", ada)
    await arrive(installation)
    return ada


async def with_the_role(installation: Installation) -> str:
    ada = await installation.ingress.user(ADA, roles=[{"value": "staff"}])
    await arrive(installation)
    return ada


async def downgraded(installation: Installation) -> str:
    ada = await joined(installation)
    await change_rules(
        installation.administration,
        COMMAND,
        installation.ingress.connection,
        RuleChoices(role="viewer"),
    )
    await arrive(installation)
    return ada


def with_a_device(prepare: Prepare) -> Prepare:
    async def prepare_both(installation: Installation) -> str:
        inventory = installation.inventory
        await inventory.accounts.add("Acme", Portal.MDM, ADA)
        await inventory.devices.add("Acme", "S-1", assigned_to=ADA)
        return await prepare(installation)

    return prepare_both


async def left_for_quarantine(installation: Installation) -> str:
    await installation.inventory.policies.add("Acme", "Quarantine")
    return await left(installation)


async def paused_leaver(installation: Installation) -> str:
    ada = await joined(installation)
    await stand(installation.ingress.database, installation.ingress.connection, Verb.PAUSE)
    await installation.ingress.patch(f"/Users/{ada}", INACTIVE)
    return ada


class Situation(NamedTuple):
    """A person, why an aspect is as it is, and the steps that alter it."""

    rules: Rules
    prepare: Prepare
    aspect: Aspect
    rule: str
    steps: tuple[Do, ...]


ACCOUNT, ROLE, DEVICES = Aspect
QUARANTINE = mdm(ChangePolicy(policy="Quarantine"))
NOTHING_ON_MDM = mdm(LeaveAlone())
SITUATIONS = {
    "no rule makes accounts": Situation(
        StoreRules(), joined, ACCOUNT, "creation: nothing", (Do.CHANGE_RULES,)
    ),
    "never active": Situation(EMPLOYS, never_active, ACCOUNT, "never active", (Do.ACTIVATE,)),
    "never active, without a rule": Situation(
        StoreRules(), never_active, ACCOUNT, "never active", (Do.ACTIVATE, Do.CHANGE_RULES)
    ),
    "removed": Situation(EMPLOYS, left, ACCOUNT, "deactivation: remove-employee", (Do.ACTIVATE,)),
    "locked": Situation(EMPLOYS, locked, ACCOUNT, "lock: remove-employee", (Do.UNLOCK,)),
    "pending": Situation(EMPLOYS, not_arrived, ACCOUNT, "waiting: pending", (Do.WAIT,)),
    "paused": Situation(EMPLOYS, standing(Verb.PAUSE), ACCOUNT, "waiting: paused", (Do.RESUME,)),
    "observing": Situation(
        EMPLOYS, standing(Verb.OBSERVE), ACCOUNT, "waiting: observing", (Do.RESUME,)
    ),
    "paused, without a rule": Situation(
        StoreRules(),
        standing(Verb.PAUSE),
        ACCOUNT,
        "creation: nothing",
        (Do.CHANGE_RULES, Do.RESUME),
    ),
    "failed": Situation(EMPLOYS, failed, ACCOUNT, "waiting: exhausted", (Do.RETRY,)),
    "conflict": Situation(
        EMPLOYS, sharing_an_address, ACCOUNT, "refusal: conflict", (Do.CHANGE_EMAIL,)
    ),
    "conflict, without a rule": Situation(
        StoreRules(),
        sharing_an_address_by_hand,
        ACCOUNT,
        "refusal: conflict",
        (Do.DELETE_USER,),
    ),
    "no address": Situation(
        EMPLOYS, without_an_address, ACCOUNT, "refusal: no_email", (Do.CHANGE_EMAIL,)
    ),
    "left, which the directory lost": Situation(
        EMPLOYS, left_unknown_to_the_directory, ACCOUNT, "refusal: left", (Do.BRING_BACK,)
    ),
    "held by the brake": Situation(
        EMPLOYS, held_by_the_brake, ACCOUNT, "waiting: brake", (Do.APPROVE,)
    ),
    "waived": Situation(EMPLOYS, waived(held_by_the_brake), ACCOUNT, "waived", (Do.APPROVE,)),
    "deleted and waived": Situation(
        EMPLOYS, waived(held_by_the_brake, deleted=True), ACCOUNT, "waived", (Do.APPROVE,)
    ),
    "deleted and waived, and kept by the rule": Situation(
        KEEPS, waived(held_by_the_brake, deleted=True), ACCOUNT, "waived", (Do.APPROVE,)
    ),
    "waived, and kept by the rule": Situation(
        KEEPS, waived(held_by_the_brake), ACCOUNT, "waived", (Do.APPROVE, Do.DELETE_USER)
    ),
    "held, and kept by the rule": Situation(
        KEEPS, held_by_the_brake, ACCOUNT, "waiting: brake", (Do.APPROVE, Do.DELETE_USER)
    ),
    "waived, without an account": Situation(
        StoreRules(), waived(held_by_the_brake), ACCOUNT, "creation: nothing", (Do.CHANGE_RULES,)
    ),
    "the last Admin is waived": Situation(
        ADMINS, waived(held_by_the_brake), ACCOUNT, "waived", (Do.ADD_ADMIN, Do.APPROVE)
    ),
    "made by the rule": Situation(
        EMPLOYS, joined, ACCOUNT, "creation: create-employee", (Do.DEACTIVATE,)
    ),
    "made by the rule, and kept": Situation(
        KEEPS, joined, ACCOUNT, "creation: create-employee", (Do.DELETE_USER,)
    ),
    "kept after leaving": Situation(
        KEEPS, left, ACCOUNT, "deactivation: nothing", (Do.DELETE_USER,)
    ),
    "adopted": Situation(
        EMPLOYS,
        adopted(Portal.STORE),
        ACCOUNT,
        "adoption: an account with the address was there",
        (Do.DEACTIVATE,),
    ),
    "protected from a new address": Situation(
        VIEWERS,
        beside_an_admin(protected_from_a_new_address),
        ACCOUNT,
        "refusal: protected",
        (Do.RELEASE_ACCOUNT,),
    ),
    "the last Admin has left": Situation(
        ADMINS, left, ACCOUNT, "refusal: last_admin", (Do.ADD_ADMIN,)
    ),
    "the last Admin is to stay": Situation(
        ADMINS, joined, ACCOUNT, "creation: create-collaborator", (Do.ADD_ADMIN, Do.DEACTIVATE)
    ),
    "no account, no role": Situation(
        DashboardRules(), joined, ROLE, "no account: creation: nothing", (Do.CHANGE_RULES,)
    ),
    "role of the rule": Situation(
        VIEWERS, joined, ROLE, "creation: role viewer", (Do.CHANGE_RULES,)
    ),
    "role of the rule, beside a mapping": Situation(
        MAPPED, joined, ROLE, "creation: role viewer", (Do.JOIN_GROUP,)
    ),
    "mapped by a group": Situation(
        MAPPED, in_the_group, ROLE, "mapping: Staff=editor", (Do.LEAVE_GROUPS,)
    ),
    "mapped by a SCIM role": Situation(
        MAPPED, with_the_role, ROLE, "mapping: Staff=editor", (Do.LEAVE_GROUPS,)
    ),
    "mapped to the role of the rule": Situation(
        MAPPED_ALIKE, in_the_group, ROLE, "mapping: Staff=viewer", (Do.CHANGE_RULES,)
    ),
    "kept by hand": Situation(
        DashboardRules(),
        adopted(Portal.DASHBOARD, Role.VIEWER),
        ROLE,
        "kept from before",
        (Do.CHANGE_RULES,),
    ),
    "kept by hand, an Admin's": Situation(
        DashboardRules(),
        beside_an_admin(adopted(Portal.DASHBOARD, Role.ADMIN)),
        ROLE,
        "kept from before",
        (Do.RELEASE_ACCOUNT, Do.CHANGE_RULES),
    ),
    "protected by hand": Situation(
        VIEWERS,
        beside_an_admin(adopted(Portal.DASHBOARD, Role.ADMIN)),
        ROLE,
        "refusal: protected",
        (Do.RELEASE_ACCOUNT,),
    ),
    "the last Admin is not downgraded": Situation(
        ADMINS, downgraded, ROLE, "refusal: last_admin", (Do.ADD_ADMIN,)
    ),
    "the last Admin by a mapping": Situation(
        MAPPED.model_copy(update={"role_map": OWNERS.role_map}),
        in_the_group,
        ROLE,
        "mapping: Staff=admin",
        (Do.ADD_ADMIN, Do.LEAVE_GROUPS),
    ),
    "kept an Admin by the brake": Situation(
        VIEWERS.model_copy(update={"role_map": OWNERS.role_map}),
        beside_an_admin(kept_an_admin_by_the_brake),
        ROLE,
        "waiting: brake",
        (Do.APPROVE,),
    ),
    "stays an Admin, whose loss was waived": Situation(
        VIEWERS.model_copy(update={"role_map": OWNERS.role_map}),
        beside_an_admin(waived(kept_an_admin_by_the_brake)),
        ROLE,
        "waived",
        (Do.APPROVE,),
    ),
    "waived, the role": Situation(
        VIEWERS, waived(held_by_the_brake), ROLE, "waived", (Do.APPROVE,)
    ),
    "waived, the devices": Situation(
        mdm(UnassignDevices()),
        with_a_device(waived(held_by_the_brake)),
        DEVICES,
        "waived",
        (Do.APPROVE,),
    ),
    "waived, no device is touched": Situation(
        NOTHING_ON_MDM,
        with_a_device(waived(held_by_the_brake)),
        DEVICES,
        "waived",
        (Do.UNASSIGN_DEVICE,),
    ),
    "no device": Situation(
        NOTHING_ON_MDM, joined, DEVICES, "none is assigned", (Do.ASSIGN_DEVICE,)
    ),
    "no account for a device": Situation(
        MdmRules(), joined, DEVICES, "no account", (Do.CHANGE_RULES, Do.ASSIGN_DEVICE)
    ),
    "a device, nobody has left": Situation(
        mdm(UnassignDevices()),
        with_a_device(joined),
        DEVICES,
        "no deactivation",
        (Do.DEACTIVATE,),
    ),
    "a device, which no rule takes": Situation(
        NOTHING_ON_MDM, with_a_device(joined), DEVICES, "no deactivation", (Do.UNASSIGN_DEVICE,)
    ),
    "untouched, because the rule says so": Situation(
        NOTHING_ON_MDM,
        with_a_device(left),
        DEVICES,
        "deactivation: nothing",
        (Do.UNASSIGN_DEVICE,),
    ),
    "released by the deactivation": Situation(
        mdm(UnassignDevices()),
        with_a_device(left),
        DEVICES,
        "deactivation: unassign-devices",
        (Do.ASSIGN_DEVICE,),
    ),
    "removed by the deactivation": Situation(
        mdm(RemoveUserAndDevices()),
        with_a_device(left),
        DEVICES,
        "deactivation: remove-user-and-devices",
        (Do.ACTIVATE, Do.ADD_DEVICE),
    ),
    "under another policy by the deactivation": Situation(
        QUARANTINE,
        with_a_device(left_for_quarantine),
        DEVICES,
        "deactivation: change-policy (Quarantine)",
        (Do.UNASSIGN_DEVICE,),
    ),
    "its policy is unknown": Situation(
        QUARANTINE, with_a_device(left), DEVICES, "refusal: unknown_policy", (Do.ADD_POLICY,)
    ),
    "a leaver of a paused connection": Situation(
        mdm(UnassignDevices()),
        with_a_device(paused_leaver),
        DEVICES,
        "waiting: paused",
        (Do.RESUME,),
    ),
}
ON_BOTH = (
    "locked",
    "pending",
    "failed",
    "conflict",
    "left, which the directory lost",
    "held by the brake",
    "adopted",
    "the last Admin has left",
    "mapped by a group",
    "stays an Admin, whose loss was waived",
    "removed by the deactivation",
    "its policy is unknown",
)
"""The situations that are gathered from PostgreSQL as well: each fact once. What is said of the
facts is decided in memory."""


async def answer_for(installation: Installation, name: str, aspect: Aspect) -> Answer:
    it, connection = installation.administration, installation.ingress.connection
    _, answers = await explain(it, COMMAND, connection, name)
    [answer] = [each for each in answers if each.aspect is aspect]
    return answer


@pytest.mark.parametrize(
    ("shared_database_url", "name"),
    [
        *(("sqlite", name) for name in SITUATIONS),
        *(pytest.param("postgres", name, marks=pytest.mark.postgres) for name in ON_BOTH),
    ],
    indirect=["shared_database_url"],
    scope="module",
)
async def test_a_change_that_is_suggested_alters_the_answer(
    switched_on: SwitchOn, name: str
) -> None:
    situation = SITUATIONS[name]
    installation = await switched_on(situation.rules)
    person = await situation.prepare(installation)
    before = await answer_for(installation, person, situation.aspect)
    assert (before.rule, tuple(step.do for step in before.change)) == (
        situation.rule,
        situation.steps,
    )
    assert before.because
    await make(installation, before)
    after = await answer_for(installation, person, situation.aspect)
    assert after.value != before.value


async def test_a_deleted_person_comes_back_as_a_new_one(installation: Installation) -> None:
    ada = await joined(installation)
    await installation.ingress.http.delete(f"/Users/{ada}")
    await arrive(installation)
    gone = await answer_for(installation, ada, ACCOUNT)
    assert (gone.value, gone.rule, [it.do for it in gone.change]) == (
        *(None, "deletion"),
        [Do.CREATE_USER],
    )
    await joined(installation)
    assert (await answer_for(installation, ADA, ACCOUNT)).value == ADA


async def test_a_connection_that_is_off_is_switched_on_first(installation: Installation) -> None:
    ada = await standing(Verb.PAUSE)(installation)
    await stand(installation.ingress.database, installation.ingress.connection, Verb.OFF)
    before = await answer_for(installation, ada, ACCOUNT)
    assert [step.do for step in before.change] == [Do.SWITCH_ON, Do.RESUME]
    await make(installation, before)
    assert (await answer_for(installation, ada, ACCOUNT)).value == ADA


async def test_the_highest_of_several_mapped_roles_wins_and_all_are_told(
    switched_on: SwitchOn,
) -> None:
    role_map = [RoleLine(name="Staff", role=Role.VIEWER), RoleLine(name="IT", role=Role.EDITOR)]
    installation = await switched_on(DashboardRules(role_map=tuple(role_map)))
    ingress = installation.ingress
    await installation.inventory.accounts.add("Acme", Portal.DASHBOARD, ADA, role=Role.VIEWER)
    ada = await ingress.user(ADA)
    await ingress.group("Staff", ada)
    await ingress.group("IT", ada)
    await arrive(installation)
    answer = await answer_for(installation, ada, ROLE)
    assert (answer.value, answer.rule) == ("editor", "mapping: IT=editor")
    assert answer.because["mapped"] == ["IT=editor", "Staff=viewer"]
    assert answer.change[0].to["groups"] == ["IT"]


async def test_a_person_of_another_workspace_is_told_nothing(installation: Installation) -> None:
    await joined(installation)
    it, connection = installation.administration, installation.ingress.connection
    viewer, stranger = (Actor("admin:1", name, Power.VIEW) for name in ("Acme", "Other"))
    _, [answer] = await explain(it, viewer, connection, ADA)
    assert answer.value == ADA
    with pytest.raises(UnknownConnection):
        await explain(it, stranger, connection, ADA)
    with pytest.raises(UnknownPerson):
        await explain(it, viewer, connection, "eve@acme.test")
