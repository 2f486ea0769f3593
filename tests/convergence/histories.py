"""What happens in a directory? Histories of people and groups, on any portal, under any rules."""

from collections.abc import Iterable
from random import Random
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from contracts.rules import Portal, Role
from tests.convergence import strategies as draw
from tests.convergence.directory import Directory, Group, user
from tests.convergence.downstream import made_by_hand
from tests.convergence.shared_addresses import Shared
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import Reason
from worker.planning.facts import IdentityKey

BOSS = "boss@acme.test"
"""An Admin by hand whom no identity reaches: nobody else is the last one then."""

PERSON: dict[str, Any] = {
    "connection": draw.connections,
    "name": draw.names,
    "active": st.sampled_from([True, True, False]),
    "roles": draw.role_names,
    "email": draw.own_or_other_address,
}


class Histories(RuleBasedStateMachine):
    """Writes to a directory; what happens to its events at the end, subclasses say."""

    portal: ClassVar[Portal]

    @initialize(data=st.data(), **PERSON)
    def start(self, data: st.DataObject, **person: Any) -> None:
        """Begin with a person: a history without anybody and without creations has no next step."""
        rules = draw.RULES_OF[self.portal]
        self.directory = Directory({name: data.draw(rules) for name in (draw.OKTA, draw.ENTRA)})
        self.later_rules = {name: data.draw(rules) for name in (draw.OKTA, draw.ENTRA)}
        emails = data.draw(draw.hand_made)
        self.another_admin = data.draw(st.booleans() | st.just(value=True))
        if self.another_admin:
            emails |= {BOSS: Role.ADMIN}
        self.things = made_by_hand(self.portal, emails)
        self.random = Random(data.draw(st.integers(0, 2**32)))  # noqa: S311
        self.create(**person)

    # --- writes ---------------------------------------------------------------------------

    @rule(**PERSON)
    def create(
        self,
        connection: str,
        name: str,
        active: bool,
        roles: tuple[str, ...],
        email: str | None,
    ) -> None:
        if not self.directory.has_user_named(connection, name):
            own = f"{name}@acme.test"
            self.directory.create(
                connection,
                user(name, own if email == draw.OWN else email, active=active, roles=roles),
            )
        self._pass_time(7)

    def some(self, number: int) -> IdentityKey:
        people = self.directory.undeleted()
        return people[number % len(people)]

    has_people = precondition(lambda self: self.directory.undeleted())

    @has_people
    @rule(who=draw.numbers, back=st.booleans(), step=draw.steps)
    def switch(self, who: int, back: bool, step: int) -> None:
        """Deactivate who is active, reactivate who is not; sometimes with a new name."""
        key = self.some(who)
        active = not self.directory.users[key].active
        changes = {"display_name": f"Name {len(self.directory.events)}"} if back else {}
        self.directory.write(key, active=active, **changes)
        self._pass_time(step)

    @has_people
    @rule(
        who=draw.numbers,
        name=st.sampled_from(["Ada Lovelace", None]),
        external_id=st.sampled_from(["1", None]),
    )
    def rename(self, who: int, name: str | None, external_id: str | None) -> None:
        self.directory.write(self.some(who), display_name=name, external_id=external_id)
        self._pass_time(1)

    @has_people
    @rule(who=draw.numbers)
    def move_to_a_new_host(self, who: int) -> None:
        key = self.some(who)
        own = self.directory.users[key].profile.user_name
        self.directory.write(key, email=f"{own}@new.test")
        self._pass_time(1)

    @has_people
    @rule(who=draw.numbers, email=draw.own_or_other_address)
    def change_address(self, who: int, email: str | None) -> None:
        """Write an address of somebody else, or the own one in another case."""
        key = self.some(who)
        own = f"{self.directory.users[key].profile.user_name}@ACME.test"
        self.directory.write(key, email=own if email == draw.OWN else email)
        self._pass_time(1)

    @has_people
    @rule(who=draw.numbers, leaves=st.booleans(), by_address=st.booleans())
    def rename_for_deletion(self, who: int, leaves: bool, by_address: bool) -> None:
        """Put the id of the deleted object before the name, with the deactivation or before it."""
        key = self.some(who)
        user = self.directory.users[key]
        changes = {"user_name": f"{0:032x}{user.profile.user_name}"}
        if by_address and user.profile.email is not None:
            changes["email"] = f"{0:032x}{user.profile.email}"
        self.directory.write(key, active=user.active and not leaves, **changes)
        self._pass_time(1)

    @has_people
    @rule(who=draw.numbers, roles=draw.role_names)
    def change_roles(self, who: int, roles: tuple[str, ...]) -> None:
        self.directory.write_roles(self.some(who), roles)
        self._pass_time(1)

    @has_people
    @rule(who=draw.numbers, step=draw.steps)
    def delete(self, who: int, step: int) -> None:
        self.directory.delete(self.some(who))
        self._pass_time(step)

    @has_people
    @rule(who=draw.numbers, step=draw.steps)
    def lock(self, who: int, step: int) -> None:
        """Lock who is active, unlock who is locked; who has left stays so."""
        self.directory.lock(self.some(who))
        self._pass_time(step)

    @has_people
    @rule(who=draw.numbers)
    def resync(self, who: int) -> None:
        self.directory.resync(self.some(who))

    # --- groups ---------------------------------------------------------------------------

    @has_people
    @rule(who=draw.numbers, name=st.sampled_from(draw.GROUPS))
    def join_or_leave(self, who: int, name: str) -> None:
        key = self.some(who)
        group = self._group(key.connection, name)
        self.directory.put_members(key.connection, group, group.members ^ {key.identity})
        self._pass_time(1)

    @has_people
    @rule(which=draw.numbers, name=st.sampled_from(draw.GROUPS), connection=draw.connections)
    def rename_group(self, which: int, name: str, connection: str) -> None:
        groups = self.directory.groups[connection]
        if groups and name not in {group.name for group in groups}:
            self.directory.rename_group(connection, groups[which % len(groups)], name)

    @has_people
    @rule(which=draw.numbers, connection=draw.connections)
    def delete_group(self, which: int, connection: str) -> None:
        if groups := self.directory.groups[connection]:
            self.directory.delete_group(connection, groups[which % len(groups)])

    def _group(self, connection: str, name: str) -> Group:
        groups = self.directory.groups[connection]
        for group in groups:
            if group.name == name:
                return group
        groups.append(Group(name))
        return groups[-1]

    def _pass_time(self, step: int) -> None:
        """Let the clock of the directory run, at times backwards."""
        self.directory.now += step

    # --- the end --------------------------------------------------------------------------

    def teardown(self) -> None:
        if hasattr(self, "random"):
            self.end()

    def end(self) -> None:
        raise NotImplementedError

    def admins_are_settled(self, worlds: Iterable[ToyDownstream], shared: Shared) -> bool:
        """The last Admin depends on who came first, unless another one stays anyway.

        A delivery may be the only one that has seen somebody as an Admin, or that has not.
        """
        if self.portal is not Portal.DASHBOARD or self.another_admin:
            return True
        waiting = [it for world in worlds for it in world.refused.values()]
        refused = {refused.reason for it in waiting for refused in it.refusals}
        return Reason.LAST_ADMIN not in refused and not shared.unsettled_identities
