"""How does a test get to a schema of the past? By its migrations, up to one of them."""

from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from deploy.databases.migrations import Schema


def revisions_of(schema: Schema) -> list[str]:
    """Return every revision, the oldest first."""
    found = [it.revision for it in ScriptDirectory.from_config(_config(schema)).walk_revisions()]
    return found[::-1]


def migrate_to(connection: Connection, schema: Schema, revision: str) -> None:
    """Bring an empty database to a revision, as the release that had it did."""
    config = _config(schema)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def run_again(connection: Connection, schema: Schema, revision: str) -> None:
    """Run one revision on a database that is beyond it."""
    script = ScriptDirectory.from_config(_config(schema)).get_revision(revision)
    with Operations.context(MigrationContext.configure(connection)):
        script.module.upgrade()


def _config(schema: Schema) -> Config:
    config = Config()
    config.set_main_option("script_location", str(schema.folder).replace("%", "%%"))
    config.attributes["version_table"] = schema.version_table
    return config
