"""What happens at a provider? Random stories of people and groups, told to Muster over SCIM."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.convergence.strategies import GROUPS, NAMES
from tests.drivers.both_sides import Installation

ADDRESSES = [*(f"{name}@acme.test" for name in NAMES), "ADA@acme.test", "", "new@acme.test"]


@dataclass(slots=True)
class Story:
    """The people and groups of a connection so far, and the choices that are still to come."""

    installation: Installation
    random: Random
    people: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, set[str]]] = field(default_factory=dict)

    async def go_on(self, steps: int) -> None:
        """Let some more things happen."""
        for _ in range(steps):
            happen = self.random.choices(
                [self._join, self._switch, self._move, self._grow, self._delete, self._regroup],
                weights=[4, 3, 2, 2, 1, 3],
            )[0]
            await happen()
            if self.random.random() < 0.1:
                await self._renamed_group()

    async def leave(self, id_: str) -> None:
        """Deactivate somebody, as a provider does."""
        await self._change(id_, "active", value=False)

    async def _join(self) -> None:
        name = self.random.choice(NAMES)
        if name in self.people.values():
            return
        address = self.random.choice([f"{name}@acme.test"] * 4 + ADDRESSES)
        attributes: dict[str, Any] = {"active": self.random.random() < 0.8}
        if address:
            attributes["emails"] = [{"value": address, "type": "work"}]
        if self.random.random() < 0.3:
            attributes["roles"] = [{"value": self.random.choice(GROUPS)}]
        self.people[await self.installation.ingress.user(name, **attributes)] = name

    async def _switch(self) -> None:
        if id_ := self._somebody():
            await self._change(id_, "active", value=self.random.random() < 0.4)

    async def _move(self) -> None:
        if (id_ := self._somebody()) and (address := self.random.choice(ADDRESSES)):
            await self._change(id_, "emails", value=[{"value": address, "type": "work"}])

    async def _grow(self) -> None:
        if id_ := self._somebody():
            if self.random.random() < 0.3:
                await self._change(id_, "userName", value=f"{0:032x}{self.people[id_]}")
            else:
                await self._change(id_, "displayName", value=self.random.choice(["Ada", "Ben"]))

    async def _delete(self) -> None:
        if id_ := self._somebody():
            await self.installation.ingress.http.delete(f"/Users/{id_}")
            del self.people[id_]
            for _name, members in self.groups.values():
                members.discard(id_)

    async def _regroup(self) -> None:
        ingress = self.installation.ingress
        id_, name = self._somebody(), self.random.choice(GROUPS)
        if id_ is None:
            return
        for group, (known, members) in self.groups.items():
            if known == name:
                members ^= {id_}
                path = f'members[value eq "{id_}"]' if id_ not in members else "members"
                operation: dict[str, Any] = {"op": "remove", "path": path}
                if id_ in members:
                    operation = {"op": "add", "path": path, "value": [{"value": id_}]}
                await ingress.patch(f"/Groups/{group}", operation)
                return
        self.groups[await ingress.group(name, id_)] = name, {id_}

    async def _renamed_group(self) -> None:
        free = sorted(set(GROUPS) - {name for name, _ in self.groups.values()})
        if self.groups and free:
            group = self.random.choice(list(self.groups))
            self.groups[group] = free[0], self.groups[group][1]
            operation = {"op": "replace", "path": "displayName", "value": free[0]}
            await self.installation.ingress.patch(f"/Groups/{group}", operation)

    def _somebody(self) -> str | None:
        return self.random.choice([*self.people]) if self.people else None

    async def _change(self, id_: str, path: str, *, value: Any) -> None:
        operation = {"op": "replace", "path": path, "value": value}
        answer = await self.installation.ingress.patch(f"/Users/{id_}", operation)
        assert answer.status_code in {200, 204}, answer.text
