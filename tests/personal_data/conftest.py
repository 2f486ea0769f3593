"""What do tests about personal data share? A client, and installations of Muster."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from tests.drivers.forked_muster import forked_part
from tests.personal_data.installation import Installation, Start
from tests.servers.ports import free_port


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=30) as client:
        yield client


@pytest.fixture
def installation_of(
    tmp_path: Path, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Installation]:
    """Give what makes an installation of parts with these settings."""

    def made(parts: tuple[str, ...], start: Start = forked_part, **settings: str) -> Installation:
        usual = {"MUSTER_PORT": str(free_port()), "MUSTER_ADMIN_PORT": "0"}
        settings = usual | {"MUSTER_SWEEP_SECONDS": "1"} | settings
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return Installation(tmp_path, settings, parts, http, start)

    return made
