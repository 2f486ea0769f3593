"""How are the worker's migrations run? Alembic runs them on the caller's open connection."""

from alembic import context

import worker.platforms.sql.tables
import worker.schema
import worker.sync.tables  # the import registers this half of the tables, as the one above does

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=worker.schema.WorkerTable.metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
