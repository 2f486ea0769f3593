"""What does the worker ask of a platform? A platform loads facts for planning, and saves effects.

The two Protocols are as wide as the present adapter needs: the next one decides their final shape.
``tests/conformance/test_platform.py`` holds every adapter to these docstrings.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import Address
from worker.planning.working_set import WorkingSet


class AdminsBusy(Exception):
    """A workspace whose Admins decide is locked; a new transaction has to lock it first of all."""


class PlatformFacts(Protocol):
    """Loads accounts, devices, policies and Admins into a working set, under the platform's locks.

    The facts stay unchanged until the effects are saved. The locks are taken in the order of the
    methods, and the sync records of the events are locked between the first and the second. A
    preview, which saves nothing, is given the facts of a snapshot, without locks.
    """

    async def lock_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        """Lock the workspaces of which these events show that Admins or policies decide."""
        ...

    async def load_accounts(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        """Load and lock the accounts that the identities hold, and live ones with their e-mails.

        The sync records of the events are in the working set.
        """
        ...

    async def load_accounts_at(
        self, working_set: WorkingSet, addresses: Collection[Address]
    ) -> None:
        """Load and lock the live accounts at addresses that yielding accounts would take.

        These accounts may have to yield in turn. The method is called for each step of such a
        chain, after sync has loaded the holders of the accounts of the step before.
        """
        ...

    async def load_related(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        """Load the number of live Admins where plans may ask, and devices and policies of leavers.

        Plans act on the devices of leavers only. A workspace of which only the accounts show that
        its Admins decide is locked now, without a wait.

        :raises AdminsBusy: when another transaction holds the lock on such a workspace.
        """
        ...


class PlatformEffects(Protocol):
    """Saves the changes of accounts and devices on the platform."""

    async def make_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        """Make the missing workspaces of these events."""
        ...

    async def save(self, working_set: WorkingSet, now: int) -> None:
        """Save the changes of the working set, all of them or none.

        Accounts may swap e-mails, or take over another account's. Saving twice is harmless.

        :param now: microseconds since the epoch.
        """
        ...


class Platform(PlatformFacts, PlatformEffects, Protocol):
    """A platform that loads facts and saves effects."""
