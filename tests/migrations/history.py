"""How does a test get to a schema of the past? By its migrations, up to one of them."""

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from deploy.databases.migrations import Schema
from deploy.databases.run_revisions import scripts_of, upgrade


def revisions_of(schema: Schema) -> list[str]:
    """Return every revision, the oldest first."""
    return [it.revision for it in scripts_of(schema).walk_revisions()][::-1]


def migrate_to(connection: Connection, schema: Schema, revision: str) -> None:
    """Bring an empty database to a revision, as the release that had it did."""
    upgrade(connection, schema, revision)


def run_again(connection: Connection, schema: Schema, revision: str) -> None:
    """Run one revision on a database that is beyond it."""
    script = scripts_of(schema).get_revision(revision)
    with Operations.context(MigrationContext.configure(connection)):
        script.module.upgrade()
