"""What does the log tell of a process's life? It tells what started, and why and how it stopped."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version

import structlog

from contracts.error_summary import error_summary
from deploy.doctor.whereabouts import whereabouts
from deploy.errors import DeployError
from deploy.settings import Settings

LOG = structlog.get_logger(__name__)


class Part(StrEnum):
    """The work of a process: the name of its command."""

    RUN = "run"
    API = "api"
    RELAY = "relay"
    WORKER = "worker"
    ADMIN = "admin"
    MIGRATE = "migrate"
    RECONCILE = "reconcile"
    TOPOLOGY = "topology apply"


UNUSED = {
    Part.WORKER: {"directory"},
    Part.ADMIN: {"broker"},
    Part.MIGRATE: {"broker"},
    Part.TOPOLOGY: {"directory", "downstream"},
}
"""The servers that a part leaves alone, although settings may name them. Other parts use all."""


class Life:
    """The life of one process, which it tells in its log as it goes."""

    def __init__(self, part: Part, settings: Settings) -> None:
        self._part = part
        self._settings = settings
        self._why = "done"
        self._drains_since: float | None = None

    @contextmanager
    def told(self) -> Iterator["Life"]:
        """Tell the start of a process, and its end with the reason.

        An error that is not Muster's own is told by its type and place, and not by its text.
        """
        LOG.info("started", version=version("muster-scim"), pid=os.getpid(), **self._servers())
        try:
            yield self
        except (KeyboardInterrupt, asyncio.CancelledError):  # before signals were listened for
            LOG.info("stopped", **self._ending("SIGINT"))
            raise
        except BaseException as error:
            LOG.error("stopped", **self._ending("error"), **_told(error))  # noqa: TRY400 - no text
            raise
        LOG.info("stopped", **self._ending(self._why))

    def drain(self, why: str) -> None:
        """Tell that the process was asked to end, and drains from now on."""
        self._why, self._drains_since = why, time.monotonic()
        LOG.info("draining", part=self._part.value, why=why)

    def cut_short(self, why: str) -> None:
        """Tell that the process exits before its drain is over."""
        LOG.warning("stopped", **self._ending(why))

    def _servers(self) -> dict[str, str]:
        unused = {"api"} | UNUSED.get(self._part, set())
        named = {it: at for it, at in whereabouts(self._settings).items() if it not in unused}
        if "broker" in named:
            named["transport"] = "rabbitmq" if self._settings.broker_url else "embedded"
        if not self._settings.broker_url:
            named.pop("broker", None)
        return {"part": self._part.value, **named}

    def _ending(self, why: str) -> dict[str, str | float]:
        drained = self._drains_since
        took = {} if drained is None else {"drain_seconds": round(time.monotonic() - drained, 3)}
        return {"part": self._part.value, "why": why, **took}


def _told(error: BaseException) -> dict[str, str]:
    """Tell the text of an error that is for people to mend, and else its type and place."""
    if isinstance(error, DeployError):
        return {"problem": str(error)}
    return error_summary(error)
