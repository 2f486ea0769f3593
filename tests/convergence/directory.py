"""What does the api publish? A directory in memory, on the api's own pure decisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from api.directory.identity_changes import (
    IdentityState,
    ReleasedAttributes,
    after_creation,
    after_deletion,
    after_update,
    next_version,
)
from api.directory.person_locks import after_lock, after_unlock
from api.outbox.events import terms_of
from contracts.identity_changed import IdentityChanged, Profile
from contracts.rules import DashboardRules, MdmRules, StoreRules
from worker.planning.facts import IdentityKey

WORKSPACE = "acme"

AnyRules = StoreRules | DashboardRules | MdmRules


@dataclass(slots=True)
class Group:
    """A group of one connection and the ids of its members."""

    name: str
    members: set[str] = field(default_factory=set)


class Directory:
    """Users and groups of the connections of one workspace. Every write appends to ``events``."""

    def __init__(self, rules: Mapping[str, AnyRules]) -> None:
        self.rules = dict(rules)
        self.users: dict[IdentityKey, ReleasedAttributes] = {}
        self.states: dict[IdentityKey, IdentityState] = {}
        self.groups: dict[str, list[Group]] = {connection: [] for connection in rules}
        self.events: list[IdentityChanged] = []
        self.now = 1_000

    # --- users ----------------------------------------------------------------------------

    def undeleted(self) -> list[IdentityKey]:
        """Return the identities whose user exists, oldest first."""
        return [key for key, state in self.states.items() if not state.deleted]

    def has_user_named(self, connection: str, user_name: str) -> bool:
        """Say whether the userName is taken."""
        return any(
            key.connection == connection and self.users[key].profile.user_name == user_name
            for key in self.undeleted()
        )

    def create(self, connection: str, user: ReleasedAttributes) -> None:
        """POST a user."""
        key = IdentityKey(connection, f"{user.profile.user_name}-{len(self.states)}")
        self.users[key] = user
        self._publish(key, after_creation(user, self.now).state)

    def write(self, key: IdentityKey, *, active: bool | None = None, **profile: str | None) -> None:
        """PUT or PATCH ``active`` or the profile."""
        user = self.users[key]
        self._see(
            key,
            replace(
                user,
                active=user.active if active is None else active,
                profile=user.profile.model_copy(update=profile),
            ),
        )

    def write_roles(self, key: IdentityKey, names: tuple[str, ...]) -> None:
        """PUT or PATCH ``roles``."""
        self._see(key, replace(self.users[key], role_names=names))

    def delete(self, key: IdentityKey) -> None:
        """DELETE a user, who leaves every group."""
        rule = self.rules[key.connection].on_deactivate
        names = self._groups_of(key)
        self._publish(key, after_deletion(self.states[key], names, rule, self.now).state)
        for group in self.groups[key.connection]:
            group.members.discard(key.identity)

    def lock(self, key: IdentityKey) -> None:
        """Lock a person as an administrator does, or end the lock."""
        state, rule = self.states[key], self.rules[key.connection].on_deactivate
        change = after_unlock(state, self.users[key], rule, self.now)
        change = change or after_lock(state, rule, self.now)
        if change is not None:
            self._publish(key, change.state)

    def resync(self, key: IdentityKey) -> None:
        """Publish an identity again."""
        state = self.states[key]
        self._publish(key, replace(state, version=next_version(state.version, self.now)))

    def change_rules(self, rules: Mapping[str, AnyRules]) -> None:
        """Change the rules of every connection, and publish every identity again."""
        self.rules |= rules
        for key in self.states:
            self.resync(key)

    # --- groups ---------------------------------------------------------------------------

    def put_members(self, connection: str, group: Group, members: Iterable[str]) -> None:
        """Write the members of a group."""
        before, group.members = group.members, set(members)
        self._resync_all(connection, before ^ group.members)

    def rename_group(self, connection: str, group: Group, name: str) -> None:
        """Rename a group."""
        group.name = name
        self._resync_all(connection, group.members)

    def delete_group(self, connection: str, group: Group) -> None:
        """DELETE a group."""
        self.groups[connection].remove(group)
        self._resync_all(connection, group.members)

    # --- publishing -----------------------------------------------------------------------

    def newest(self) -> dict[IdentityKey, IdentityChanged]:
        """Return the newest event of each identity."""
        return {IdentityKey(event.connection, event.identity): event for event in self.events}

    def _see(self, key: IdentityKey, user: ReleasedAttributes) -> None:
        rule = self.rules[key.connection].on_deactivate
        change = after_update(self.states[key], user, rule, self.now)
        self.users[key] = user
        if change is not None:
            self._publish(key, change.state)

    def _resync_all(self, connection: str, ids: Iterable[str]) -> None:
        for identity in sorted(ids):
            self.resync(IdentityKey(connection, identity))

    def _groups_of(self, key: IdentityKey) -> tuple[str, ...]:
        groups = self.groups[key.connection]
        return tuple(sorted(group.name for group in groups if key.identity in group.members))

    def _publish(self, key: IdentityKey, state: IdentityState) -> None:
        self.states[key] = state
        groups = self._groups_of(key) if state.groups is None else state.groups
        self.events.append(
            IdentityChanged(
                workspace=WORKSPACE,
                connection=key.connection,
                identity=key.identity,
                version=state.version,
                active=state.active,
                deleted=state.deleted,
                ever_active=state.ever_active,
                profile=state.profile,
                groups=groups,
                terms=terms_of(state, groups, self.rules[key.connection]),
                changed_at=self.now,
            )
        )


def user(
    user_name: str, email: str | None, *, active: bool, roles: tuple[str, ...]
) -> ReleasedAttributes:
    """Return a user as a provider would push it."""
    profile = Profile(user_name=user_name, email=email, display_name=user_name.title())
    return ReleasedAttributes(active, profile, roles)
