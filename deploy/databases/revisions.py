"""Which revisions has a schema, and which of them are applied? Names of files and a table tell it.

Alembic would tell the same after it has loaded itself and every revision, which takes a command
longer than all else that it does. A test holds the two to each other.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table

from deploy.errors import DeployError


class NewerSchema(DeployError):
    """A database was migrated by a version that this one does not know."""

    def __init__(self) -> None:
        super().__init__("a database has a newer schema than this version of Muster knows")


@dataclass(frozen=True, slots=True)
class Revisions:
    """The revisions of one side, each in a file whose name begins with v and its number.

    ``version_table`` records the applied one. Each side has a table of its own, because both may
    live in one database.
    """

    folder: Path
    version_table: str

    def known(self) -> list[str]:
        """Return the revisions that this version knows, each of which follows the one before."""
        files = (self.folder / "versions").glob("v[0-9]*.py")
        return sorted(file.stem[1:].partition("_")[0] for file in files)

    def applied(self, connection: Connection) -> set[str]:
        """Return the applied revision of a database; nothing where it has none.

        :raises NewerSchema: when this version does not know it.
        """
        if not inspect(connection).has_table(self.version_table):
            return set()
        recorded = select(column("version_num", String)).select_from(table(self.version_table))
        applied = set(connection.scalars(recorded))
        if not applied <= set(self.known()):
            raise NewerSchema
        return applied
