"""How are rows of sync mapped? Functions find rows by identity, and read keys and records."""

from collections.abc import Iterable, Sequence
from typing import Any

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


RECORD_COLUMNS = (
    RECORDS.c.connection,
    RECORDS.c.identity,
    RECORDS.c.applied_version,
    RECORDS.c.deactivated_at,
    RECORDS.c.account_id,
    RECORDS.c.deleted,
    RECORDS.c.waiting_email,
    RECORDS.c.waiting_version,
    RECORDS.c.event.is_not(None).label("is_refused"),
)
"""The columns from which ``record_of`` makes a record; the last one is not part of it."""


def record_of(row: Sequence[Any]) -> SyncRecord:
    """Return the sync record of a row. A waiting e-mail of another version is out of date."""
    connection, identity, applied, deactivated_at, account_id, deleted, email, version, _ = row
    key = IdentityKey(connection, identity)
    waiting_email = email if version == applied else None
    return SyncRecord(key, applied, deactivated_at, account_id, deleted, waiting_email)


def is_refused(row: Sequence[Any]) -> bool:
    """Return whether an action of the identity in a row is refused."""
    return bool(row[-1])
