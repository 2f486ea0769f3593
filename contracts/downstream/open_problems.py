"""Who is refused or failed, and for which cause? People are grouped by it, and listed by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from contracts.downstream.pages import Key, Page


class Trouble(StrEnum):
    """The fate of an event: an action of it was refused, or all of it was given up."""

    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """The cause that people in trouble have in common.

    ``name`` is the reason of a refusal, or the kind of a failure, and ``message`` the text of a
    failure, which holds nothing personal.
    """

    trouble: Trouble
    name: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Troubled:
    """An identity in trouble, since when (microseconds), and the refused action, if any."""

    connection: str
    identity: str
    since: int
    action: str | None = None


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """All identities that are in trouble for one cause: their number, and some of them.

    ``since`` is the time of the oldest trouble, in microseconds since the epoch; ``first`` has
    those who have been in trouble for the longest time.
    """

    cause: Cause
    people: int
    since: int
    first: tuple[Troubled, ...]


class OpenProblems(Protocol):
    """The refusals and failures of the worker."""

    async def groups(self, connections: Sequence[str], first: int) -> Sequence[ProblemGroup]:
        """Return the groups of the identities of some connections, the largest first.

        :param first: how many identities each group names.
        """
        ...

    async def refused(self, connections: Sequence[str]) -> int:
        """Return the number of identities of some connections with any refusal."""
        ...

    async def people(
        self, connection: str, trouble: Trouble, *, after: str = "", most: int = 100
    ) -> Sequence[str]:
        """Return the identities of a connection in any trouble of a kind, in the order of ids.

        :param after: the id after which they begin.
        """
        ...

    async def page(
        self, connections: Sequence[str], cause: Cause, *, after: Key | None = None, most: int = 100
    ) -> Page[Troubled]:
        """Return a page of a group, in the order of connections and ids."""
        ...
