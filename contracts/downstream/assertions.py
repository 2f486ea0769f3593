"""Has downstream drifted? Assertions compare it with the newest events."""

from collections.abc import Sequence
from typing import Protocol

from contracts.identity_changed import IdentityChanged


class Assertions(Protocol):
    """Finds drift: what asserting the newest states again would change downstream."""

    async def differences(self, events: Sequence[IdentityChanged]) -> Sequence[Sequence[str]]:
        """Return for each event, in their order, what differs downstream: ``role``, ``account``, …

        The events were applied already. Nothing is changed, and no name is personal.
        """
        ...
