"""What do these tests share? A server that waits for its disk, as one in use does."""

import pytest


@pytest.fixture(scope="session")
def durable() -> bool:
    """Let commits wait: the promises to a tenant are about time."""
    return True
