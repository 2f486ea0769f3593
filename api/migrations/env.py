"""How are the directory's migrations run? Alembic uses the connection that the caller opened."""

from alembic import context

import api.directory.administration_tables
import api.directory.tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=api.directory.tables.ApiTable.metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
