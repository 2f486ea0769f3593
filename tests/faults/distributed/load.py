"""What goes on meanwhile? A steady load of writes of every kind, by several hands per app."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.drivers.okta import Person
from tests.faults.distributed.patient_app import PatientApp
from tests.readings.promises import ROLES

HANDS = 3
"""Of each app; each does one thing at a time."""

NEWCOMERS = 6
"""People of each app who are there before anything goes wrong."""

PEOPLE, GROUPS, MEMBERS = 60, 6, 5
"""How many there are of each app at most, and how many members come into a group at once."""


class NothingToDo(Exception):
    """There is nobody, or no group, to whom this could be done just now."""


@dataclass(slots=True)
class AppLoad:
    """What the hands of one app do. Two of them never write the same resource at once."""

    app: PatientApp
    drawn: random.Random
    busy: set[str] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=count)

    async def write(self) -> None:
        """Do something."""
        actions: dict[Callable[[], Awaitable[None]], int] = {
            self.join: 4,
            self.move: 5,
            self.deactivate: 3,
            self.reactivate: 3,
            self.delete: 2,
            self.make_group: 2,
            self.rename_group: 2,
            self.add_members: 3,
            self.remove_member: 3,
            self.replace_group: 1,
            self.delete_group: 1,
            self.do_together: 1,
        }
        [action] = self.drawn.choices(list(actions), list(actions.values()))
        try:
            await action()
        except NothingToDo:
            await self.join_or_leave()

    async def leave(self) -> None:
        """Let somebody leave; where everybody has left, or is busy, let somebody come in."""
        try:
            await self.deactivate()
        except NothingToDo:
            await self.come_in()

    async def come_in(self) -> None:
        """Let somebody come back, or join."""
        try:
            await self.reactivate()
        except NothingToDo:
            await self.join_or_leave()

    # --- people -------------------------------------------------------------------------------

    async def join_or_leave(self) -> None:
        if len(self._people()) < PEOPLE:
            await self.app.assign(self._name("person"))
        else:
            await self.delete()

    async def join(self) -> None:
        await self.join_or_leave()

    async def move(self) -> None:
        with self._somebody() as person:
            number = next(self.numbers)
            name, email = f"Mover {number}", f"{person.user_name}-{number}@acme.test"
            if number % 2:
                await self.app.push_profile(person, family_name=name, email=email)
            else:
                await self.app.patch_profile(person, family_name=name, email=email)

    async def deactivate(self) -> None:
        with self._somebody(lambda person: person.active) as person:
            await self.app.set_active(person, active=False)

    async def reactivate(self) -> None:
        with self._somebody(lambda person: not person.active) as person:
            await self.app.set_active(person, active=True)

    async def delete(self) -> None:
        with self._somebody() as person:
            await self.app.delete(person)

    async def do_together(self) -> None:
        with self._somebody() as mover, self._somebody() as leaver:
            joiners = [self._name("joiner") for _ in range(3)]
            await self.app.push_together(joiners, mover, leaver)

    # --- groups -------------------------------------------------------------------------------

    async def make_group(self) -> None:
        if len(self.app.groups) >= GROUPS:
            raise NothingToDo
        with self._some_people() as people, self._free_name() as name:
            await self.app.push_group(name, people)

    async def rename_group(self) -> None:
        with self._some_group() as group, self._free_name() as name:
            await self.app.rename_group(group, name)

    async def add_members(self) -> None:
        with self._some_group() as group, self._some_people() as people:
            await self.app.add_members(group, people)

    async def remove_member(self) -> None:
        with (
            self._some_group() as group,
            self._somebody(lambda person: group in person.groups) as person,
        ):
            await self.app.remove_member(group, person)

    async def replace_group(self) -> None:
        with self._some_group() as group, self._some_people() as people:
            await self.app.replace_group(group, self.app.groups[group], people)

    async def delete_group(self) -> None:
        with self._some_group() as group:
            await self.app.delete_group(group)

    # --- who and what -------------------------------------------------------------------------

    def _name(self, kind: str) -> str:
        return f"{kind}-{next(self.numbers)}"

    def _people(self) -> list[Person]:
        return [it for it in self.app.people.values() if not it.deleted and not it.is_holder]

    def _somebody(
        self, who: Callable[[Person], bool] = lambda _: True
    ) -> AbstractContextManager[Person]:
        free = [it for it in self._people() if it.id not in self.busy and who(it)]
        if not free:
            raise NothingToDo
        person = self.drawn.choice(free)
        return self._taken(person, person.id)

    def _some_people(self) -> AbstractContextManager[list[Person]]:
        free = [it for it in self._people() if it.id not in self.busy]
        if not free:
            raise NothingToDo
        people = self.drawn.sample(free, min(MEMBERS, len(free)))
        return self._taken(people, *(person.id for person in people))

    def _some_group(self) -> AbstractContextManager[str]:
        # One that is being pushed is there already, and its name is taken.
        free = [it for it, name in self.app.groups.items() if not self.busy & {it, name}]
        if not free:
            raise NothingToDo
        group = self.drawn.choice(free)
        return self._taken(group, group)

    def _free_name(self) -> AbstractContextManager[str]:
        """Return a name for a group, that means a role or nothing."""
        taken = {*self.app.groups.values(), *self.busy}
        roles = [name for name in ROLES if name not in taken]
        name = self.drawn.choice([*roles, self._name("Weavers")])
        return self._taken(name, name)

    @contextmanager
    def _taken(self, thing: Any, *names: str) -> Any:
        self.busy.update(names)
        try:
            yield thing
        finally:
            self.busy.difference_update(names)


@dataclass(slots=True)
class Load:
    """All hands, which can be held."""

    hands: list[Callable[[], Awaitable[None]]]
    pause: float
    """Seconds in which a hand rests after each write."""
    going: asyncio.Event = field(default_factory=asyncio.Event)
    at_work: int = 0
    idle: asyncio.Condition = field(default_factory=asyncio.Condition)
    failures: list[Exception] = field(default_factory=list)
    """Why hands have given up; whoever holds the load next is told."""

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for hand in self.hands:
                tasks.create_task(self._work(hand))

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Let every hand finish what it is at, and begin nothing new meanwhile."""
        self.going.clear()
        async with self.idle:
            await self.idle.wait_for(lambda: not self.at_work)
        if self.failures:
            raise ExceptionGroup("hands have given up", self.failures)
        try:
            yield
        finally:
            self.going.set()

    async def _work(self, hand: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self.going.wait()
            self.at_work += 1
            try:
                await hand()
            except Exception as failure:  # noqa: BLE001 - whatever it is, a test has to show it
                self.failures.append(failure)
                return
            finally:
                self.at_work -= 1
                async with self.idle:
                    self.idle.notify_all()
            await asyncio.sleep(self.pause)


@asynccontextmanager
async def running_load(load: Load) -> AsyncIterator[None]:
    """Run a load beside the block."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(load.run())
        load.going.set()
        try:
            yield
        finally:
            working.cancel()
