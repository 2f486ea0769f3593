"""How are the worker's migrations run? On the connection that the caller opened."""

from alembic import context

from worker.platforms.sql.tables import WorkerTable

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=WorkerTable.metadata,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
