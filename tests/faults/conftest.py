"""What do the tests of faults share? The loop from which they ask processes that are killed."""

from tests.end_to_end.conftest import anyio_backend

__all__ = ["anyio_backend"]
