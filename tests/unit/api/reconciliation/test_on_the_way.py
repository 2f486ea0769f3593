"""How long does a comparison wait for what was published?"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from api.reconciliation.on_the_way import moment_of_comparison
from api.reconciliation.verdicts import Moment
from contracts.topology import Lane
from contracts.transport import Backlog, Parcel, PublishOutcome, TransportState

AT = 1_700_000_000_000_000
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Broker:
    """The way to a broker of which only the backlog matters."""

    backlog: Backlog | None

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        raise NotImplementedError

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        raise NotImplementedError

    async def inspect(self) -> TransportState:
        return TransportState(connected=True, backlog=self.backlog)


async def test_without_a_broker_nothing_is_on_its_way() -> None:
    assert await moment_of_comparison(AT, None, 700) == Moment(AT, settled_before=AT)


@pytest.mark.parametrize(
    ("backlog", "seconds"),
    [
        (Backlog(dict.fromkeys(Lane, 0)), 30),
        (Backlog({Lane.URGENT: 0, Lane.BULK: 1}), 700),
        (Backlog(dict.fromkeys(Lane, 0), delayed=1), 700),
        (None, 700),
    ],
    ids=["nothing waits", "an event waits", "a retry waits", "it is not known"],
)
async def test_with_a_broker_it_depends_on_what_waits(
    backlog: Backlog | None, seconds: int
) -> None:
    moment = await moment_of_comparison(AT, Broker(backlog), 700)
    assert moment == Moment(AT, settled_before=AT - seconds * SECOND)
