"""What does the worker ask of a platform? Facts for planning, and that it takes on the effects.

The two are as wide as the one adapter that there is, and no wider: the next one decides their final
shape. ``tests/conformance/test_platform.py`` holds every adapter to what is said here.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import Address
from worker.planning.working_set import WorkingSet


class PlatformFacts(Protocol):
    """Accounts, devices, policies and Admins, put into a working set under the platform's locks.

    They stay as they are until the effects are saved. The locks come in the order of the methods,
    and the sync records of the events are locked between the first and the second.
    """

    async def lock_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        """Wait until others no longer count Admins, or look for policies, where these events do."""
        ...

    async def load_accounts(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        """Load the accounts that the identities hold, and the live ones with their e-mails.

        The sync records of the events are in the working set.
        """
        ...

    async def load_takers(self, working_set: WorkingSet, addresses: Collection[Address]) -> None:
        """Load the live accounts that have addresses which others would take that yield theirs.

        They may have to make way in turn: it is called once for each step of such a line, after
        sync has told who holds the accounts of the step before.
        """
        ...

    async def load_related(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        """Load the live Admins of each workspace, and for leavers devices and policies.

        Nothing happens to the devices of anybody else.
        """
        ...


class PlatformEffects(Protocol):
    """What plans have changed of accounts and devices, taken on by the platform."""

    async def make_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        """Make the workspaces of these events where they are missing."""
        ...

    async def save(self, working_set: WorkingSet, now: int) -> None:
        """Take on every change of the working set, all of them or none.

        Accounts may swap e-mails, or take over one of another. Saving twice changes nothing more.

        :param now: microseconds since the epoch.
        """
        ...


class Platform(PlatformFacts, PlatformEffects, Protocol):
    """Both of them, on one platform."""
