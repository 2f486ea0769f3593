"""Does every cell of the rules table do what it says? Each portal, creation and deactivation."""

import pytest

from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    LeaveAlone,
    MdmRules,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    StoreRules,
    UnassignDevices,
)
from tests.drivers.people import (
    ADA,
    BEN,
    Rules,
    a_world,
    by_hand,
    deleted,
    joiner,
    kinds,
    laptop,
    left,
    live,
    play,
    the_account,
)
from worker.planning.actions import (
    Action,
    ChangeDevicePolicy,
    CreateAccount,
    LinkAccount,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    UnlinkAccount,
)
from worker.planning.facts import Account, Device
from worker.planning.working_set import World

CREATIONS: list[Rules] = [
    StoreRules(on_create=CreateEmployee()),
    *(DashboardRules(on_create=CreateCollaborator(role=role)) for role in Role),
    MdmRules(on_create=CreateMdmEmployee()),
]
NO_CREATION: list[Rules] = [StoreRules(), DashboardRules(), MdmRules()]

REMOVE: list[type[Action]] = [RemoveAccount]
DEACTIVATIONS: list[tuple[Rules, list[type[Action]]]] = [
    (StoreRules(on_deactivate=LeaveAlone()), []),
    (StoreRules(on_deactivate=RemoveEmployee()), REMOVE),
    (DashboardRules(on_deactivate=LeaveAlone()), []),
    (DashboardRules(on_deactivate=RemoveCollaborator()), REMOVE),
    (MdmRules(on_deactivate=LeaveAlone()), []),
    (MdmRules(on_deactivate=UnassignDevices()), [ReleaseDevice, ReleaseDevice]),
    (
        MdmRules(on_deactivate=ChangePolicy(policy="locked")),
        [ChangeDevicePolicy, ChangeDevicePolicy],
    ),
    (MdmRules(on_deactivate=RemoveUser()), [ReleaseDevice, ReleaseDevice, RemoveAccount]),
    (MdmRules(on_deactivate=RemoveUserAndDevices()), [RemoveDevice, RemoveDevice, RemoveAccount]),
]


def named(rules: Rules | list[type[Action]]) -> str:
    if isinstance(rules, list):
        return f"{len(rules)} actions"
    role = getattr(rules.on_create, "role", "")
    return f"{rules.portal}-{rules.on_create.do}{role}-{rules.on_deactivate.do}"


def crosses() -> list[tuple[Rules, list[type[Action]]]]:
    """Return every creation beside every deactivation of the same portal."""
    return [
        (gone.model_copy(update={"on_create": made.on_create}), actions)
        for made in [*NO_CREATION, *CREATIONS]
        for gone, actions in DEACTIVATIONS
        if made.portal is gone.portal
    ]


def somebody(rules: Rules) -> Account:
    role = Role.EDITOR if isinstance(rules, DashboardRules) else None
    return by_hand(rules.portal, ADA, role)


def world_with(rules: Rules) -> World:
    """Return a downstream where Ada has an account and two devices; another Admin is there."""
    ada = somebody(rules)
    things: list[Account | Device] = [ada, laptop(ada, "L1"), laptop(ada, "L2"), laptop(None, "L3")]
    if isinstance(rules, DashboardRules):
        things.append(by_hand(rules.portal, BEN, Role.ADMIN))
    return a_world(*things, policies=("locked",))


@pytest.mark.parametrize("rules", CREATIONS, ids=named)
def test_creation_makes_an_account_with_the_role_of_the_rule(rules: Rules) -> None:
    world = a_world()
    [planned] = play(world, joiner(rules))
    assert kinds(planned) == [CreateAccount]
    account = the_account(world)
    assert (account.portal, account.email) == (rules.portal, ADA)
    assert account.role is getattr(rules.on_create, "role", None)


@pytest.mark.parametrize("rules", NO_CREATION, ids=named)
def test_nothing_on_creation_makes_nothing(rules: Rules) -> None:
    world = a_world()
    [planned] = play(world, joiner(rules))
    assert kinds(planned) == []
    assert live(world) == []


@pytest.mark.parametrize("rules", [*CREATIONS, *NO_CREATION], ids=named)
def test_every_creation_rule_links_an_account_that_exists_already(rules: Rules) -> None:
    world = a_world(somebody(rules))
    [planned] = play(world, joiner(rules, ADA.upper()))
    assert kinds(planned)[0] is LinkAccount
    assert CreateAccount not in kinds(planned)
    assert the_account(world).id == somebody(rules).id


@pytest.mark.parametrize(("rules", "actions"), crosses(), ids=named)
def test_deactivation_does_what_the_rule_says_and_nothing_else(
    rules: Rules, actions: list[type[Action]]
) -> None:
    world = world_with(rules)
    joined = joiner(rules)
    [_, planned] = play(world, joined, left(joined, rules))
    assert kinds(planned) == actions
    ada = world.accounts[somebody(rules).id]
    assert ada.removed is (RemoveAccount in actions)
    assert (ada.email is None) is ada.removed


@pytest.mark.parametrize(("rules", "actions"), crosses(), ids=named)
def test_deletion_deactivates_and_unlinks_what_it_does_not_remove(
    rules: Rules, actions: list[type[Action]]
) -> None:
    world = world_with(rules)
    joined = joiner(rules)
    [_, planned] = play(world, joined, deleted(joined, rules))
    assert kinds(planned) == (actions if RemoveAccount in actions else [*actions, UnlinkAccount])


def states(world: World) -> set[tuple[str, str | None, str | None, bool]]:
    return {(it.serial, it.assigned_to, it.policy, it.removed) for it in world.devices.values()}


@pytest.mark.parametrize(
    ("deactivation", "ada_has", "policy", "removed"),
    [
        (LeaveAlone(), True, "office", False),
        (UnassignDevices(), False, "office", False),
        (ChangePolicy(policy="locked"), True, "locked", False),
        (RemoveUser(), False, "office", False),
        (RemoveUserAndDevices(), False, "office", True),
    ],
    ids=lambda it: getattr(it, "do", str(it)),
)
def test_devices_of_a_leaver_end_as_the_rule_says_and_those_of_others_stay(
    deactivation: LeaveAlone, ada_has: bool, policy: str, removed: bool
) -> None:
    rules = MdmRules(on_deactivate=deactivation)
    world = world_with(rules)
    joined = joiner(rules)
    play(world, joined, left(joined, rules))
    owner = somebody(rules).id if ada_has else None
    assert states(world) == {
        ("L1", owner, policy, removed),
        ("L2", owner, policy, removed),
        ("L3", None, "office", False),
    }
