"""Which accounts do people have downstream? Accounts are listed, made by hand, and released."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contracts.downstream.pages import Key, Page
from contracts.rules import Portal, Role

BY_HAND = "hand"
"""The maker of an account that was made by hand."""


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as it is listed; version, connection and identity are those of its holder.

    ``own_role`` is the role without a mapping, ``made_by`` a connection, ``hand`` or ``unknown``.
    ``protected`` is set while a change by the holder waits for the release. Accounts are equal that
    show the same of a person, whatever their ids.
    """

    portal: Portal
    email: str | None
    role: Role | None
    groups: tuple[str, ...]
    removed: bool
    version: int | None = None
    connection: str | None = None
    own_role: Role | None = None
    made_by: str = BY_HAND
    released: bool = False
    protected: bool = False
    id: str = field(default="", compare=False)
    identity: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """The conditions for listed accounts, which meet all of them. ``email`` is a whole e-mail."""

    portal: Portal | None = None
    connection: str | None = None
    email: str | None = None
    role: Role | None = None
    removed: bool | None = None


ALL_ACCOUNTS = AccountFilter()


class Accounts(Protocol):
    """The accounts of all workspaces downstream."""

    def of_workspace(
        self, workspace: str, chosen: AccountFilter = ALL_ACCOUNTS, *, most: int | None = None
    ) -> AsyncIterator[ListedAccount]:
        """Yield the accounts by portal, the live ones by e-mail, then the removed ones.

        :param most: the number after which the list ends; None: all.
        :raises DownstreamError: when there is no such workspace.
        """
        ...

    async def page(
        self,
        workspace: str,
        chosen: AccountFilter = ALL_ACCOUNTS,
        *,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedAccount]:
        """Return a page of accounts by portal, and in an order of their own within it.

        :raises DownstreamError: when there is no such workspace.
        """
        ...

    async def find(self, workspace: str, account: str) -> ListedAccount:
        """Return the account with an id, live or removed.

        :raises DownstreamError: when the workspace has no such account.
        """
        ...

    async def at(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        """Return the live account of a portal with an e-mail.

        :raises DownstreamError: when there is none.
        """
        ...

    async def emails(self, workspace: str, accounts: Sequence[str]) -> Mapping[str, str]:
        """Return the e-mails of accounts by their ids; those that have none are missing.

        :param accounts: some hundreds of ids.
        """
        ...

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, ListedAccount]:
        """Return the account of each identity that holds one; the others are missing."""
        ...

    async def add(
        self,
        workspace: str,
        portal: Portal,
        email: str,
        *,
        role: Role | None = None,
        id_: str | None = None,
    ) -> ListedAccount:
        """Make an account of a person who is in no directory, and a missing workspace with it.

        :param role: on the Dashboard only, where Viewer is the default.
        :param id_: the id that the account gets, so that a caller knows it before; else any.
        :raises DownstreamError: when a live account of the portal has the e-mail, or a role is
            given on another portal, or a name is not usable.
        """
        ...

    async def release(self, workspace: str, account: str) -> ListedAccount:
        """Hand an account over to the connection that holds it; a repetition changes nothing.

        :param account: its id.
        :raises DownstreamError: when there is no such live account, or its portal has no roles.
        """
        ...
