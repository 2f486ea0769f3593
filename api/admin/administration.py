"""What do use cases work with? They get the directory, Protocols of downstream, URLs, a clock."""

import asyncio
from dataclasses import dataclass, field

from api.directory.dialects import DirectoryDatabase
from contracts.clock import Clock, now
from contracts.downstream.accounts import Accounts
from contracts.downstream.conflicts import Conflicts
from contracts.downstream.devices import Devices
from contracts.downstream.failures import Failures
from contracts.downstream.histories import Histories
from contracts.downstream.open_problems import OpenProblems
from contracts.downstream.policies import Policies
from contracts.downstream.preview import Preview
from contracts.downstream.sync_states import SyncStates
from contracts.downstream.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Downstream:
    """All that administrators ask of downstream, whose classes are the worker's."""

    states: SyncStates
    failures: Failures
    policies: Policies
    workspaces: Workspaces
    accounts: Accounts
    devices: Devices
    histories: Histories
    preview: Preview
    conflicts: Conflicts
    problems: OpenProblems


@dataclass(frozen=True, slots=True)
class Administration:
    """Both sides of an installation, as administrators and operators see them.

    Base URLs are built on ``public_url``, links to the console on ``console_url``, without its
    path; None where no setting tells it. ``preview_turns`` lets one preview run at a time.
    """

    directory: DirectoryDatabase
    downstream: Downstream
    public_url: str
    clock: Clock = now
    console_url: str | None = None
    preview_turns: asyncio.Lock = field(default_factory=asyncio.Lock)
