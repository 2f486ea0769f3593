"""What do the tests of faults share? One site, on servers in containers whatever else there is."""

from collections.abc import AsyncIterator

import pytest

from tests.drivers.installation import Installation
from tests.end_to_end.conftest import installation, running_servers
from tests.faults.distributed.site import Site, running_site
from tests.faults.distributed.strain import IN_A_ROW

__all__ = ["installation", "running_servers"]

SEED = 20261124


@pytest.fixture(scope="session")
async def site(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Give the site."""
    folder = tmp_path_factory.mktemp("site")
    async with running_site(installation, folder, SEED, IN_A_ROW) as site:
        yield site
