"""What happens among people who leave, are readdressed and claim? Histories of a few addresses."""

from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from contracts.rules import CreateEmployee, CreateNothing, StoreRules
from tests.convergence.directory import Directory, user
from tests.convergence.strategies import OKTA, numbers
from worker.planning.facts import IdentityKey

ADDRESSES = tuple(f"{name}@acme.test" for name in ("ada", "ben", "eve", "dan"))
MOST = 5
"""So many people at most are after these addresses."""

KEEP = StoreRules(on_create=CreateEmployee())
NOTHING = StoreRules(on_create=CreateNothing())

addresses = st.sampled_from(ADDRESSES)
rules = st.sampled_from([KEEP, KEEP, KEEP, NOTHING])


class Leavers(RuleBasedStateMachine):
    """Writes to a directory whose rules keep every account; subclasses deliver its events."""

    @initialize(rules=rules, seed=st.integers(0, 2**32))
    def start(self, rules: StoreRules, seed: int) -> None:
        self.directory = Directory({OKTA: rules})
        self.random = Random(seed)  # noqa: S311

    def inactive(self) -> list[IdentityKey]:
        """Return those who left and are not deleted."""
        return [it for it in self.directory.undeleted() if not self.directory.users[it].active]

    has_people = precondition(lambda self: self.directory.undeleted())
    has_inactive = precondition(lambda self: self.inactive())
    has_room = precondition(lambda self: len(self.directory.undeleted()) < MOST)

    @has_room
    @rule(email=addresses)
    def create(self, email: str) -> None:
        self._create(email)

    @has_room
    @has_inactive
    @rule(whose=numbers)
    def hire_under_the_address_of_a_leaver(self, whose: int) -> None:
        self._create(self._known_address(whose))

    @has_people
    @has_inactive
    @rule(who=numbers, whose=numbers)
    def claim_the_address_of_a_leaver(self, who: int, whose: int) -> None:
        self._write(_one_of(self.directory.undeleted(), who), email=self._known_address(whose))

    @has_inactive
    @rule(who=numbers)
    def give_a_leaver_the_old_address_again(self, who: int) -> None:
        self._write(_one_of(self.inactive(), who), email=self._known_address(who))

    @has_people
    @rule(who=numbers, email=st.none() | addresses)
    def switch(self, who: int, email: str | None) -> None:
        """Deactivate or reactivate somebody, sometimes under another address."""
        key = _one_of(self.directory.undeleted(), who)
        active = not self.directory.users[key].active
        self._write(key, active=active, **({} if email is None else {"email": email}))

    @has_people
    @rule(who=numbers, email=addresses)
    def readdress(self, who: int, email: str) -> None:
        self._write(_one_of(self.directory.undeleted(), who), email=email)

    @has_people
    @rule(who=numbers)
    def delete(self, who: int) -> None:
        self.directory.now += 1
        self.directory.delete(_one_of(self.directory.undeleted(), who))

    @has_people
    @rule(who=numbers)
    def resync(self, who: int) -> None:
        self.directory.resync(_one_of(self.directory.undeleted(), who))

    def _known_address(self, whose: int) -> str:
        """Return the address that a leaver had when last active."""
        return self.directory.states[_one_of(self.inactive(), whose)].profile.email or ""

    def _create(self, email: str) -> None:
        self.directory.now += 1
        name = f"user-{len(self.directory.states)}"
        self.directory.create(OKTA, user(name, email, active=True, roles=()))

    def _write(self, key: IdentityKey, *, active: bool | None = None, **profile: str) -> None:
        self.directory.now += 1
        self.directory.write(key, active=active, **profile)


def _one_of(people: list[IdentityKey], number: int) -> IdentityKey:
    return people[number % len(people)]
