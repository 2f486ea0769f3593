"""How are rows of sync mapped? Functions find rows by identity, and read keys and records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, and_, bindparam, false, or_

from worker.dialects import TEXTS, is_among
from worker.planning.facts import IdentityKey, SyncRecord
from worker.schema import table_of
from worker.sync.tables import DeviceActionRow, FailureRow, RefusalRow, SyncRecordRow

RECORDS = table_of(SyncRecordRow)
REFUSALS = table_of(RefusalRow)
LEDGER = table_of(DeviceActionRow)
FAILURES = table_of(FailureRow)


def of_identities(table: Table, keys: Iterable[IdentityKey]) -> ColumnElement[bool]:
    """Return the condition for the rows of some identities, mostly of one connection or a few."""
    return or_(
        false(),
        *(
            and_(table.c.connection == connection, is_among(table.c.identity, identities))
            for connection, identities in by_connection(keys).items()
        ),
    )


def of_connections(table: Table, number: int) -> ColumnElement[bool]:
    """Return the same condition for a statement that is kept; ``parameters_of`` fills it in.

    To build a statement takes longer than to run it.
    """
    return or_(
        false(),
        *(
            and_(
                table.c.connection == bindparam(f"connection_{n}"),
                is_among(table.c.identity, bindparam(f"identities_{n}", type_=TEXTS)),
            )
            for n in range(number)
        ),
    )


def by_connection(keys: Iterable[IdentityKey]) -> dict[str, list[str]]:
    """Return identities by their connections."""
    grouped: dict[str, list[str]] = {}
    for key in sorted(keys):
        grouped.setdefault(key.connection, []).append(key.identity)
    return grouped


def parameters_of(grouped: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the parameters that ``of_connections`` takes."""
    parameters: dict[str, Any] = {}
    for n, (connection, identities) in enumerate(grouped.items()):
        parameters |= {f"connection_{n}": connection, f"identities_{n}": identities}
    return parameters


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
    return SyncRecord(key, applied, deactivated_at, account_id, bool(deleted), waiting_email)


def is_refused(row: Sequence[Any]) -> bool:
    """Return whether an action of the identity in a row is refused."""
    return bool(row[-1])
