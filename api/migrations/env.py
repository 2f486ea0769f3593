"""How are the directory's migrations run? On the connection that the caller opened."""

from alembic import context

from api.directory.tables import ApiTable
from api.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ApiTable.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
