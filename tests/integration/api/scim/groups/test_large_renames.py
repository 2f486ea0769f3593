"""Does every member of a large group that is renamed get the new name, whenever the relay looks?"""

import asyncio
from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from api.scim.groups.slices import MEMBERS_PER_SLICE
from contracts.identity_changed import decode
from contracts.topology import Lane
from contracts.transport import Confirmed, Parcel, PublishOutcome, TransportState
from tests.drivers.in_process import Ingress
from tests.drivers.many_users import join, multiply


class NewestGroups:
    """A publisher that keeps the groups which each identity was last published with."""

    def __init__(self) -> None:
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        for event in (decode(parcel.body).data for parcel in parcels):
            newest = (event.version, event.groups)
            self.groups[event.identity] = max(newest, self.groups.get(event.identity, newest))
        return [Confirmed()] * len(parcels)

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True)


async def test_members_whose_marks_are_published_amid_the_renaming_are_published_again(
    ingress: Ingress,
) -> None:
    pattern = await ingress.user("person-0@a.test", externalId="person-0", displayName="person-0")
    numbers = range(1, 2 * MEMBERS_PER_SLICE + 1)
    people = await multiply(ingress.database, ingress.connection, pattern, numbers)
    group = await ingress.group("Old")
    await join(ingress.database, ingress.connection, group, people)
    await ingress.settle()
    newest = NewestGroups()
    relay = Relay(ingress.database, newest, ApiMetrics(CollectorRegistry()))
    new_name = {"op": "replace", "path": "displayName", "value": "New"}
    renaming = asyncio.ensure_future(ingress.patch(f"/Groups/{group}", new_name))
    while not renaming.done():
        await relay.move(Lane.BULK)
    assert (await renaming).status_code == 204
    while await relay.move(Lane.BULK):
        pass
    assert {id_: newest.groups[id_][1] for id_ in people} == dict.fromkeys(people, ("New",))
