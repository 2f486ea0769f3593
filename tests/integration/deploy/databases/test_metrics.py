"""How many connections of a database are busy, and how many idle?"""

from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from deploy.databases.engines import open_engines
from deploy.databases.metrics import DatabaseMetrics
from tests.readings.samples import samples


async def test_connections_are_busy_while_they_work_and_idle_afterwards(
    directory_url: str,
) -> None:
    directory = DirectoryDatabase(*open_engines(directory_url))
    registry = CollectorRegistry()
    DatabaseMetrics(registry).count_connections("directory", directory.engines)

    def counted() -> tuple[float, float]:
        shown = samples(registry, "muster_database_connections")
        return shown.get(("directory", "busy"), 0), shown.get(("directory", "idle"), 0)

    before, _ = counted()
    async with directory.read(), directory.writing.connect():
        assert counted()[0] == before + 2
    after, idle = counted()
    assert after == before
    assert idle >= 2
    await directory.close()
