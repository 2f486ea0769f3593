"""Has downstream drifted? Assertions compare it with the newest events."""

from collections.abc import Sequence
from typing import Protocol

from contracts.identity_changed import IdentityChanged


class Assertions(Protocol):
    """Finds drift: the changes that asserting the newest states again would make downstream."""

    async def differences(self, events: Sequence[IdentityChanged]) -> Sequence[Sequence[str]]:
        """Return the names of the differences (``role``, ``account``, …) of each event, in order.

        The events were applied already. The call changes no state, and no name is personal.
        """
        ...
