"""Which people wait for an address that another account has? Conflicts are listed and resolved."""

from dataclasses import dataclass
from typing import Protocol

from contracts.downstream.accounts import ListedAccount
from contracts.downstream.pages import Key, Page
from contracts.rules import Portal


@dataclass(frozen=True, slots=True)
class ListedConflict:
    """An identity that waits for an address, and the account that is in its way.

    ``action`` is ``provide_account`` for an identity without an account, and ``change_email`` for
    one whose ``account`` (an id) has another address so far. ``email`` is the address that has to
    become free: the claimed one, or where leavers make way for each other, the one at the end of
    their row. ``holder_account`` (an id) has it; all fields of the holder are None where no account
    has it any more, and those of its identity where no identity holds that account. ``since`` is in
    microseconds since the epoch.
    """

    connection: str
    identity: str
    portal: Portal
    action: str
    email: str
    since: int
    account: str | None = None
    holder_account: str | None = None
    holder_connection: str | None = None
    holder_identity: str | None = None
    holder_made_by: str | None = None


class Conflicts(Protocol):
    """The conflicts of all workspaces downstream.

    A resolution is one transaction: the address is freed, and the identity that waits is planned
    again, before any other event can take the address. If that does not end the conflict, nothing
    is changed. The account in the way is named by its id, as it was seen in the list.
    """

    async def page(
        self,
        workspace: str,
        *,
        connection: str | None = None,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedConflict]:
        """Return a page of conflicts in the order of the waiting identities.

        :param connection: the only connection whose identities are listed; None: all.
        """
        ...

    async def find(self, workspace: str, connection: str, identity: str) -> ListedConflict:
        """Return the conflict of an identity.

        :raises DownstreamError: when the identity waits for no address.
        """
        ...

    async def release(self, workspace: str, connection: str, identity: str, account: str) -> None:
        """Hand the account in the way over from its holder to the waiting identity.

        :raises DownstreamError: when that ends no conflict: the identity waits no more, or has left
            or has an account of its own, or another account is in the way.
        """
        ...

    async def move(
        self, workspace: str, connection: str, identity: str, account: str, to: str
    ) -> ListedAccount | None:
        """Give the account in the way another e-mail, and its address to the waiting identity.

        The account that the waiting identity then has is returned; None where its rules make none.

        :param to: the new e-mail of the account in the way, which no other account has.
        :raises DownstreamError: when that ends no conflict, or the new e-mail is not usable or is
            taken.
        """
        ...
