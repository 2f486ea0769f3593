"""Does the doctor answer over HTTP? The operator alone learns what is wrong."""

import asyncio

import pytest

from api.admin.examination import Examined
from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.examinations import EXAMINED


async def test_an_operator_is_told_what_is_wrong_and_what_to_change(admin_api: AdminApi) -> None:
    assert await admin_api.operator.get("/doctor") == {
        "installation": {"directory": "muster.sqlite3", "api": "https://muster.test"},
        "result": "warning",
        "findings": [
            {
                "about": "settings",
                "result": "warning",
                "code": "no-sweep",
                "says": "Nothing is swept.",
                "advice": "unset it",
            }
        ],
    }


async def test_nobody_of_a_workspace_learns_of_the_installation(admin_api: AdminApi) -> None:
    for actor in (admin_api.owner, admin_api.viewer, admin_api.stranger):
        answer = await actor.send("GET", "/doctor")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await admin_api.as_bearer("wrong").send("GET", "/doctor")).status_code == 401


async def test_a_parameter_of_the_command_is_refused_by_its_name(admin_api: AdminApi) -> None:
    answer = await admin_api.operator.send("GET", "/doctor?connection=acme-store")
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, "connection")
    assert problem["remedy"]


async def test_requests_that_come_meanwhile_share_an_examination_and_later_ones_have_their_own(
    directory: DirectoryDatabase,
) -> None:
    begun: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def examination() -> Examined:
        may_end = asyncio.Event()
        await begun.put(may_end)
        await may_end.wait()
        return EXAMINED

    async with admin_api_on(directory, examination=examination) as api:
        one = asyncio.create_task(api.operator.get("/doctor"))
        may_end = await begun.get()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await api.app.state.examination()
        other = asyncio.create_task(api.app.state.examination())
        may_end.set()
        assert (await one)["result"] == (await other).result == "warning"
        assert begun.empty()
        later = asyncio.create_task(api.operator.get("/doctor"))
        (await begun.get()).set()
        await later
