"""How do people come, change and go in these tests? Events in a row, and what is there already."""

from contracts.identity_changed import (
    DashboardTerms,
    IdentityChanged,
    MdmTerms,
    Profile,
    StoreTerms,
)
from contracts.rules import (
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    MdmDeactivation,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    Role,
    RoleLine,
    StoreRules,
)
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import Action, Plan, Reason, RefusedAction
from worker.planning.facts import Account, Device

WORKSPACE = "acme"
ADA = "ada@acme.test"
BEN = "ben@acme.test"

Rules = StoreRules | DashboardRules | MdmRules

STORE = StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())


def dashboard(role: Role = Role.VIEWER, **names: Role) -> DashboardRules:
    """Return rules that make and remove collaborators, and map names to roles."""
    return DashboardRules(
        on_create=CreateCollaborator(role=role),
        on_deactivate=RemoveCollaborator(),
        role_map=role_map(**names),
    )


def role_map(**names: Role) -> tuple[RoleLine, ...]:
    return tuple(RoleLine(name=name, role=role) for name, role in names.items())


def mdm(on_deactivate: MdmDeactivation) -> MdmRules:
    """Return rules that make MDM employees."""
    return MdmRules(on_create=CreateMdmEmployee(), on_deactivate=on_deactivate)


# --- events -------------------------------------------------------------------------------


def joiner(
    rules: Rules, email: str | None = ADA, identity: str = "ada", *groups: str, version: int = 1
) -> IdentityChanged:
    """Return the event of somebody who was created active."""
    return IdentityChanged(
        workspace=WORKSPACE,
        connection="okta",
        identity=identity,
        version=version,
        active=True,
        ever_active=True,
        profile=Profile(user_name=identity, email=email),
        groups=groups,
        terms=_terms(rules, groups),
        changed_at=version,
    )


def created_inactive(rules: Rules) -> IdentityChanged:
    """Return the event of somebody who was created inactive."""
    return _next(joiner(rules), active=False, ever_active=False)


def left(event: IdentityChanged, rules: Rules) -> IdentityChanged:
    """Return the event after a deactivation."""
    leaving = {"deactivated_at": event.version + 1, "deactivation": rules.on_deactivate}
    return _next(event, active=False, terms=event.terms.model_copy(update=leaving))


def deleted(event: IdentityChanged, rules: Rules) -> IdentityChanged:
    """Return the event after a deletion, which deactivates who is still active."""
    gone = left(event, rules) if event.active else _next(event)
    return gone.model_copy(update={"deleted": True})


def returned(event: IdentityChanged) -> IdentityChanged:
    """Return the event after a reactivation."""
    return _next(event, active=True, ever_active=True)


def renamed(event: IdentityChanged, **profile: str | None) -> IdentityChanged:
    """Return the event after a change of the profile."""
    return _next(event, profile=event.profile.model_copy(update=profile))


def moved(event: IdentityChanged, rules: Rules, *groups: str) -> IdentityChanged:
    """Return the event after a change of groups, of names, or of the rules."""
    return resynced(event, rules).model_copy(
        update={"groups": groups, "terms": _keep_deactivation(event, _terms(rules, groups))}
    )


def resynced(event: IdentityChanged, rules: Rules | None = None) -> IdentityChanged:
    """Return the same state, published again, under the rules of now."""
    if rules is None:
        return _next(event)
    return _next(event, terms=_keep_deactivation(event, _terms(rules, event.groups)))


def with_roles(event: IdentityChanged, rules: Rules, *names: str) -> IdentityChanged:
    """Return the event after a change of the SCIM roles."""
    return _next(event, terms=_keep_deactivation(event, _terms(rules, (*event.groups, *names))))


def _next(event: IdentityChanged, **changes: object) -> IdentityChanged:
    return event.model_copy(update={"version": event.version + 1} | changes)


def _terms(rules: Rules, names: tuple[str, ...]) -> StoreTerms | DashboardTerms | MdmTerms:
    match rules:
        case StoreRules(on_create=on_create):
            return StoreTerms(on_create=on_create)
        case MdmRules(on_create=on_create):
            return MdmTerms(on_create=on_create)
        case DashboardRules(on_create=on_create):
            return DashboardTerms(
                on_create=on_create,
                role_lines=rules.lines_for(names),
                highest_role=rules.highest_role,
            )


def _keep_deactivation(
    event: IdentityChanged, terms: StoreTerms | DashboardTerms | MdmTerms
) -> StoreTerms | DashboardTerms | MdmTerms:
    was = event.terms
    kept = {"deactivated_at": was.deactivated_at, "deactivation": was.deactivation}
    return terms.model_copy(update=kept)


# --- what is there already ----------------------------------------------------------------


def a_world(*things: Account | Device, policies: tuple[str, ...] = ()) -> ToyDownstream:
    """Return a downstream with accounts and devices made by hand."""
    numbers = iter(range(1, 1000))
    world = ToyDownstream(new_id=lambda: f"new-{next(numbers)}")
    for thing in things:
        if isinstance(thing, Account):
            world.add_account(thing)
        else:
            world.add_device(thing)
    for policy in policies:
        world.add_policy(WORKSPACE, policy)
    return world


def by_hand(portal: Portal, email: str = ADA, role: Role | None = None) -> Account:
    """Return an account that the platform itself made."""
    id_ = f"hand-{portal}-{email}"
    return Account(id_, WORKSPACE, portal, email, role=role, own_role=role)


BOSS = by_hand(Portal.DASHBOARD, "boss@acme.test", Role.ADMIN)
"""An Admin whom no identity reaches, so that nobody else is the last one."""


def adopted(role: Role | None, rules: DashboardRules) -> tuple[ToyDownstream, IdentityChanged]:
    """Return a downstream where Ada's account by hand was linked, and the event that did it."""
    world, joined = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, role)), joiner(rules)
    play(world, joined)
    return world, joined


def laptop(owner: Account | None, serial: str = "L1", policy: str | None = "office") -> Device:
    """Return a device of somebody."""
    assigned_to = None if owner is None else owner.id
    return Device(f"device-{serial}", WORKSPACE, serial, policy, assigned_to)


def play(world: ToyDownstream, *events: IdentityChanged) -> list[Plan]:
    """Apply events in a row; whatever waits for what they free is planned again after each."""
    plans = []
    for event in events:
        plans.append(world.apply(event))
        world.replan_due()
    return plans


# --- looking ------------------------------------------------------------------------------


def live(world: ToyDownstream) -> list[Account]:
    """Return the accounts that are not removed, by e-mail."""
    accounts = [account for account in world.accounts.values() if not account.removed]
    return sorted(accounts, key=lambda account: account.email or "")


def the_account(world: ToyDownstream) -> Account:
    """Return the only live account."""
    [account] = live(world)
    return account


def account_of(world: ToyDownstream, identity: str = "ada") -> Account:
    """Return the live account that an identity holds."""
    return next(it for it in live(world) if holder(world, it) == identity)


def the_device(world: ToyDownstream) -> Device:
    """Return the only device, removed or not."""
    [device] = world.devices.values()
    return device


def kinds(planned: Plan) -> list[type[Action]]:
    """Return what is done, in order."""
    return [type(action) for action in planned.actions]


def refusals(planned: Plan) -> list[tuple[RefusedAction, Reason]]:
    """Return what is refused, and why."""
    return [(refused.action, refused.reason) for refused in planned.refusals]


def refused(world: ToyDownstream, identity: str = "ada") -> list[Reason]:
    """Return why an identity is refused at present."""
    for key, waiting in world.refused.items():
        if key.identity == identity:
            return [refused.reason for refused in waiting.refusals]
    return []


def holder(world: ToyDownstream, account: Account) -> str | None:
    """Return the undeleted identity that holds an account."""
    for key, record in world.records.items():
        if record.account_id == account.id and not record.deleted:
            return key.identity
    return None
