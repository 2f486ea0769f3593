"""How are rows of sync mapped? Functions find rows by identity, and read keys and records."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, RowMapping, Table, and_, false, or_

from worker.dialects import is_among
from worker.planning.facts import IdentityKey, SyncRecord
from worker.schema import table_of
from worker.sync.tables import DeviceActionRow, FailureRow, RefusalRow, SyncRecordRow

RECORDS = table_of(SyncRecordRow)
REFUSALS = table_of(RefusalRow)
LEDGER = table_of(DeviceActionRow)
FAILURES = table_of(FailureRow)


def of_identities(table: Table, keys: Iterable[IdentityKey]) -> ColumnElement[bool]:
    """Return the condition for the rows of some identities, mostly of one connection or a few."""
    by_connection: dict[str, list[str]] = {}
    for key in sorted(keys):
        by_connection.setdefault(key.connection, []).append(key.identity)
    return or_(
        false(),
        *(
            and_(table.c.connection == connection, is_among(table.c.identity, identities))
            for connection, identities in by_connection.items()
        ),
    )


def key_of(row: RowMapping) -> IdentityKey:
    """Return the key of the identity of a row."""
    return IdentityKey(row["connection"], row["identity"])


def record_of(row: RowMapping) -> SyncRecord:
    """Return the sync record of a row. A waiting e-mail of another version is out of date."""
    is_newest = row["waiting_version"] == row["applied_version"]
    return SyncRecord(
        key=key_of(row),
        applied_version=row["applied_version"],
        deactivated_at=row["deactivated_at"],
        account_id=row["account_id"],
        deleted=row["deleted"],
        waiting_email=row["waiting_email"] if is_newest else None,
    )
