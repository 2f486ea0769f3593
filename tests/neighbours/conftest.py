"""What do these tests share? A server that waits for its disk, as one in use does."""

import pytest


@pytest.fixture(scope="session")
def durable() -> bool:
    """Let commits wait: the promises to a tenant are about time."""
    return True


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Ask from asyncio's own loop: where a peer hangs up, uvloop gives anyio half a connection."""
    return "asyncio"
