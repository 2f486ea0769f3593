"""What do the tests of faults share? One site, on servers in containers whatever else there is."""

from collections.abc import AsyncIterator

import pytest

from tests.drivers.installation import Installation
from tests.end_to_end.conftest import installation, running_servers
from tests.faults.distributed.noise_beside import A_QUARTER_OF_A_PROCESSOR
from tests.faults.distributed.site import Site, running_site

__all__ = ["installation", "running_servers"]

SEED = 20261124


@pytest.fixture(scope="session")
async def site(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Give the site."""
    folder = tmp_path_factory.mktemp("site")
    async with running_site(installation, folder, SEED, A_QUARTER_OF_A_PROCESSOR) as site:
        yield site
