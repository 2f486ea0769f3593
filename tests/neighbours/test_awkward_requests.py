"""Does any request hold the event loop? The dearest are looked for, in every place of a request."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from hypothesis import given, settings, target

from deploy.databases.migrations import DIRECTORY
from deploy.processes.event_loop import COLLECT_AFTER, SLICE_SECONDS
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.neighbours.awkward_requests import Awkward, Sent, awkward_requests
from tests.neighbours.costly_users import A_THOUSAND_ENTRIES
from tests.neighbours.loop_holds import hold_each_time, longest_hold_here
from tests.servers.migrated import FileTemplates

EXAMPLES = 150


@dataclass(frozen=True, slots=True)
class Api:
    """An api on a loop of its own, with a user and a group that requests are about."""

    runner: asyncio.Runner
    ingress: Ingress
    user: str
    group: str
    longest_hold: float

    def hold_of(self, request: Sent) -> float:
        """Return for how many seconds a request holds the loop, each time that it is sent."""
        path = request.path.replace("{user}", self.user).replace("{group}", self.group)
        body = request.body.replace(b"{user}", self.user.encode())
        headers = {"Content-Type": "application/scim+json"} | dict(request.headers)

        async def send() -> None:
            answer = await self.ingress.http.request(
                request.method, path, content=body, headers=headers
            )
            assert answer.status_code < 500, answer.text

        return self.runner.run(hold_each_time(send, self.longest_hold))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, file_templates: FileTemplates) -> Iterator[Api]:
    """Serve as a process does that was started by ``muster``."""
    url = file_templates.copy(DIRECTORY, tmp_path_factory.mktemp("awkward") / "directory.sqlite3")
    thresholds, slice_seconds = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SLICE_SECONDS)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def start() -> Api:
            database = await stack.enter_async_context(opened_directory(url))
            ingress = await stack.enter_async_context(ingress_on(database))
            user = await ingress.user("awkward-itself", **A_THOUSAND_ENTRIES)
            group = await ingress.group("awkward", user)
            return Api(runner, ingress, user, group, longest_hold_here())

        yield runner.run(start())
        runner.run(stack.aclose())
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(slice_seconds)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(awkward_requests())
def test_no_request_holds_the_loop_for_more_than_its_time(api: Api, awkward: Awkward) -> None:
    hold = api.hold_of(awkward.request())
    target(hold)
    assert hold <= api.longest_hold
