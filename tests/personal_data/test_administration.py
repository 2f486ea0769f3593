"""Does anything personal, or a token, stay behind where administrators name people?"""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.personal_data.administrators import Administrator, administer, mistype
from tests.personal_data.installation import Installation
from tests.personal_data.marks import NAME, leaks
from tests.personal_data.pushes import ADMINS
from tests.personal_data.story import be_refused, open_connections
from tests.servers.ports import free_port

pytestmark = pytest.mark.slow

OPERATORS_TOKEN = f"muster_{NAME}-of-the-operator-of-all"


async def test_administration_leaves_nothing_personal_behind(
    installation_of: Callable[..., Installation], tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    port = free_port()
    installation = installation_of(
        ("run",),
        MUSTER_DIRECTORY_DATABASE_URL=f"sqlite:///{tmp_path}/directory.sqlite3",
        MUSTER_DOWNSTREAM_DATABASE_URL=f"sqlite:///{tmp_path}/downstream.sqlite3",
        MUSTER_ADMIN_TOKEN=OPERATORS_TOKEN,
        MUSTER_ADMIN_PORT=str(port),
    )
    administrator = Administrator(http, f"http://127.0.0.1:{port}", OPERATORS_TOKEN)
    async with installation.running():
        connections = await open_connections(installation)
        await connections.store.user("other")
        await be_refused(installation, connections)
        await administer(administrator)
        shown = await installation.metrics() | await mistype(installation)
    shown |= administrator.problems | installation.logs() | await installation.kept()
    # The names that rules map are the administrators' own, and belong to what they changed.
    shown["audit_log"] = shown["audit_log"].replace(ADMINS, "")
    assert installation.logged("admin_request_answered")
    assert leaks(shown, connections.store.token, connections.mdm.token) == []
    assert "Traceback" not in "".join(installation.logs().values())
