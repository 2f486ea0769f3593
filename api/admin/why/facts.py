"""What is known of a person on both sides? These facts decide the answers. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from api.admin.connections import ConnectionInUse
from api.admin.why.answers import OF_THE_DIRECTORY, OF_THE_PROVIDER, Do, Step, Steps
from api.directory.connection_states import PUBLISHING
from api.directory.identity_changes import IdentityState
from api.directory.leavings import KEPT_BACK, Leaving
from api.reconciliation.person_states import AHEAD, BRAKE, PersonStanding, PersonState
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.devices import ListedDevice
from contracts.downstream.histories import DeviceActionTaken, Holder
from contracts.downstream.preview import EffectKind, PlannedEffect
from contracts.portals import PORTALS
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateNothing,
    DashboardRules,
    DeactivationAction,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    RoleLine,
    UnassignDevices,
)

Removal = RemoveEmployee | RemoveCollaborator | RemoveUser | RemoveUserAndDevices
"""The deactivations that remove the account."""

GIVING = frozenset({EffectKind.CREATE, EffectKind.RESTORE, EffectKind.ADOPT})
TAKING = frozenset({EffectKind.REMOVE, EffectKind.UNLINK})
ON_DEVICES = frozenset(
    {EffectKind.RELEASE_DEVICE, EffectKind.CHANGE_DEVICE_POLICY, EffectKind.REMOVE_DEVICE}
)
"""Kinds of effects, by what they do to a person."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person of a connection, as both sides know them.

    ``newest`` is the state that the provider has pushed, ``coming`` are the effects that its
    released part would have if it were applied now, refusals among them. ``account`` is live.
    ``holder`` holds the live account at the person's newest address, if there is such an account.
    ``admins`` is the number of the workspace's Admins, as far as two. ``missing`` are the policies
    that the rules or the last deactivation name, and the workspace does not have. ``admin_hold``
    says whether the loss of the Admin role is held or was waived.
    """

    connection: ConnectionInUse
    identity: str
    newest: IdentityState
    groups: tuple[str, ...]
    standing: PersonStanding
    account: ListedAccount | None
    devices: tuple[ListedDevice, ...]
    taken: tuple[DeviceActionTaken, ...]
    coming: tuple[PlannedEffect, ...]
    holder: Holder | None
    admins: int
    missing: frozenset[str] = frozenset()
    admin_hold: Leaving | None = None

    # --- what the person is --------------------------------------------------------------

    @property
    def state(self) -> IdentityState:
        """Return the released state."""
        return self.newest.released

    @property
    def email(self) -> str | None:
        """Return the address that the person has, or would have as an active one."""
        profile = self.state.profile
        return (None if self.state.active else profile.waiting_email) or profile.email

    @property
    def is_last_admin(self) -> bool:
        """Return whether the person is the only Admin of the workspace."""
        account = self.account
        return account is not None and account.role is Role.ADMIN and self.admins <= 1

    @property
    def lines(self) -> tuple[RoleLine, ...]:
        """Return the lines of the mapping that concern the person."""
        rules = self.connection.rules
        groups = self.groups if self.kept_back is None else self.state.groups or ()
        names = (*groups, *self.state.role_names)
        return rules.lines_for(names, groups) if isinstance(rules, DashboardRules) else ()

    @property
    def role_of_rule(self) -> Role | None:
        """Return the role of the creation rule."""
        rule = self.connection.rules.on_create
        return rule.role if isinstance(rule, CreateCollaborator) else None

    @property
    def takes_devices(self) -> bool:
        """Return whether a deactivation takes the devices away by the rules of now."""
        action = self.connection.rules.on_deactivate
        return isinstance(action, UnassignDevices | RemoveUser | RemoveUserAndDevices)

    # --- what keeps it so ----------------------------------------------------------------

    def refusal(self, action: str, *reasons: str) -> PlannedEffect | None:
        """Return the refusal of an action, if it is refused for one of the reasons, or for any."""
        return next(
            (
                it
                for it in self.coming
                if it.effect is EffectKind.REFUSE
                and (it.before or {}).get("refused") == action
                and (not reasons or it.reason in reasons)
            ),
            None,
        )

    def is_coming(self, kinds: Collection[EffectKind], field: str | None = None) -> bool:
        """Return whether an effect of some kinds is to come, one that changes a field if given."""
        return any(
            it.effect in kinds
            and (field is None or (it.before or {}).get(field) != (it.after or {}).get(field))
            for it in self.coming
        )

    @property
    def kept_back(self) -> Leaving | None:
        """Return whether a leaving is held or was waived; None where none is kept back."""
        newest = self.newest
        return newest.leaving if not newest.active and newest.leaving in KEPT_BACK else None

    @property
    def kept_admin(self) -> Leaving | None:
        """Return whether the loss of the Admin role is held or was waived, for a person who stays.

        None where it is not kept back.
        """
        return self.admin_hold if self.newest.active else None

    @property
    def rule_of_leaving(self) -> str:
        """Return the deactivation or the lock of a leaver, as the word for a rule."""
        by = "deactivation" if self.newest.locked_at is None else "lock"
        return f"{by}: {word(self.state.deactivation)}"

    @property
    def waits_for(self) -> str:
        """Return why the newest state waits, as the word for a rule."""
        return f"waiting: {self.standing.reason or self.standing.state}"

    # --- steps ---------------------------------------------------------------------------

    def step(self, do: Do, **to: Any) -> Steps:
        """Return a step that is done to the person."""
        return (Step(do, {"connection": self.connection.id, "identity": self.identity, **to}),)

    def on_connection(self, do: Do, **to: Any) -> Steps:
        """Return a step that is done to the whole connection."""
        return (Step(do, {"connection": self.connection.id, **to}),)

    def in_workspace(self, do: Do, **to: Any) -> Steps:
        """Return a step that is done to something of the workspace."""
        return (Step(do, {"workspace": self.connection.workspace, **to}),)

    @property
    def to_apply(self) -> Steps:
        """Return the steps after which the newest state is applied."""
        match self.standing:
            case PersonStanding(PersonState.HELD, reason) if reason == BRAKE:
                return self.step(Do.APPROVE)
            case PersonStanding(PersonState.HELD):
                return self.on_connection(Do.RESUME)
            case PersonStanding(PersonState.FAILED):
                return self.step(Do.RETRY)
            case PersonStanding(PersonState.PENDING, reason) if reason != AHEAD:
                return self.step(Do.WAIT)
            case _:
                return self.step(Do.RESYNC)

    @property
    def to_let_go(self) -> Steps:
        """Return the steps after which a person has no account whose leaving is kept back.

        A deletion alone would be kept back as well.
        """
        newest = self.newest
        approved = (*self.to_another_admin, *self.step(Do.APPROVE))
        if newest.deleted or removes(newest.deactivation):
            return approved
        return (*self.to_know(newest.deactivation), *approved, *self.step(Do.DELETE_USER))

    @property
    def to_activate(self) -> Steps:
        """Return the steps after which a person is active who is not."""
        return self.step(Do.ACTIVATE if self.newest.locked_at is None else Do.UNLOCK)

    @property
    def to_another_admin(self) -> Steps:
        """Return the steps that are needed before the person may stop being an Admin."""
        return self.in_workspace(Do.ADD_ADMIN) if self.is_last_admin else ()

    @property
    def to_create(self) -> Steps:
        """Return the steps after which the rules make accounts."""
        rules = self.connection.rules
        if not isinstance(rules.on_create, CreateNothing):
            return ()
        creations = PORTALS[rules.portal].creations
        [creation] = [it for it in creations if it != rules.on_create.do]
        change = self.on_connection(Do.CHANGE_RULES, on_create=creation)
        return (*self.to_know(rules.on_deactivate), *change)

    def to_know(self, action: DeactivationAction | None) -> Steps:
        """Return the steps after which the policy is there that a deactivation names."""
        if not isinstance(action, ChangePolicy) or action.policy not in self.missing:
            return ()
        return self.in_workspace(Do.ADD_POLICY, policy=action.policy)

    @property
    def to_provide(self) -> Steps:
        """Return the steps that are needed beside being active to get an account."""
        if self.email is None:
            return (*self.step(Do.CHANGE_EMAIL), *self.to_create)
        if self.holder is None:
            return self.to_create
        if self.holder.identity in {None, self.identity}:
            return ()
        return (*self.step(Do.CHANGE_EMAIL), *self.to_create)

    def finished(self, steps: Steps) -> Steps:
        """Return steps with those that the state of the connection makes necessary as well."""
        standing, done = self.connection.standing, {it.do for it in steps}
        is_off = standing.switched_off_at is not None
        if standing.state not in PUBLISHING and done & OF_THE_DIRECTORY:
            steps, done = (*steps, *self.on_connection(Do.RESUME)), done | {Do.RESUME}
        if is_off and done & {*OF_THE_PROVIDER, Do.RESUME}:
            steps = (*self.on_connection(Do.SWITCH_ON), *steps)
        return steps


def removes(action: DeactivationAction | None) -> bool:
    """Return whether a deactivation removes the account."""
    return isinstance(action, Removal)


def rule_of_hold(hold: Leaving) -> str:
    """Return why a loss is kept back, as the word for a rule."""
    return "waived" if hold is Leaving.WAIVED else f"waiting: {BRAKE}"


def word_of_hold(hold: Leaving | None) -> str | None:
    """Return the word for how a loss is kept back, if it is."""
    return None if hold is None else hold.name.lower()


def word(action: DeactivationAction | None) -> str:
    """Return the word for a deactivation, with the policy that it names."""
    match action:
        case None:
            return "nothing"
        case ChangePolicy(policy=policy):
            return f"change-policy ({policy})"
        case _:
            return action.do


def told(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return facts without those that are not known."""
    return {name: value for name, value in facts.items() if value is not None}
