"""What does an examination of the installation tell? Its findings, each with a remedy.

The examination itself is deploy's, which knows settings and servers. No finding holds a secret:
URLs are told by hosts and names, tokens not at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.admin.actors import Actor, Power


class Result(StrEnum):
    """How bad a finding is: only a problem keeps Muster, or a part of it, from its work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check.

    :param about: the thing that was looked at, such as a database.
    :param code: the name of the finding, for programs; it stays the same between versions.
    :param says: a sentence about the thing as it was found.
    :param advice: the change that mends it; None where all is well.
    """

    about: str
    result: Result
    code: str
    says: str
    advice: str | None = None


def worst(findings: Iterable[Finding]) -> Result:
    """Return the worst result of some findings; ok if there is none."""
    results = {finding.result for finding in findings}
    return next(
        (result for result in (Result.PROBLEM, Result.WARNING) if result in results), Result.OK
    )


@dataclass(frozen=True, slots=True)
class Examined:
    """The result of an examination.

    :param installation: where the databases and the broker are, and where the api is reached.
    """

    installation: Mapping[str, str]
    findings: Sequence[Finding]

    @property
    def result(self) -> Result:
        """Return the worst result of the findings."""
        return worst(self.findings)


Examination = Callable[[], Awaitable[Examined]]
"""Examines the installation, and ends within a bound of its own."""


class OneExamination:
    """An examination that runs once at a time: requests that come meanwhile share its result.

    It calls databases, broker and public URL, which need not be called by every request. A
    request that is given up does not end it for the others.
    """

    def __init__(self, examination: Examination) -> None:
        """Take the examination."""
        self._examination = examination
        self._running: asyncio.Task[Examined] | None = None

    async def __call__(self) -> Examined:
        """Return the result of the examination that runs, or of a new one."""
        if self._running is None:
            self._running = asyncio.create_task(self._examined())
            self._running.add_done_callback(self._end)
        return await asyncio.shield(self._running)

    async def _examined(self) -> Examined:
        return await self._examination()

    def _end(self, ended: asyncio.Task[Examined]) -> None:
        self._running = None
        if not ended.cancelled():
            ended.exception()  # it is looked at here, in case no request waits any more


async def examine_installation(examination: Examination, actor: Actor) -> Examined:
    """Return the result of an examination of the installation.

    :raises NotAllowed: when the actor does not operate the installation.
    """
    actor.check_installation(Power.OPERATE)
    return await examination()
