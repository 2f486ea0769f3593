"""What is behind the use cases of administrators? The worker's classes are, put together here."""

from api.admin.administration import Administration, Downstream
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.platforms.sql.inventory import Inventory
from worker.sync.failures import StoredFailures
from worker.sync.states import StoredSyncStates


def administration_of(databases: Databases, settings: Settings) -> Administration:
    """Return what use cases work with, on the databases and settings of an installation."""
    inventory = Inventory(databases.downstream)
    downstream = Downstream(
        StoredSyncStates(databases.downstream),
        StoredFailures(databases.downstream),
        inventory.policies,
        inventory.workspaces,
    )
    return Administration(databases.directory, downstream, settings.base)
