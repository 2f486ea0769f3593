"""By which names are people known? Pages list what providers pushed, of deleted people too."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.tables import ApiTable
from contracts.names import name_key

IDENTITIES, USERS = (ApiTable.metadata.tables[name] for name in ("identities", "users"))

NAMES = (
    IDENTITIES.c.connection_id,
    IDENTITIES.c.id,
    IDENTITIES.c.active,
    IDENTITIES.c.deleted,
    IDENTITIES.c.locked_at,
    IDENTITIES.c.profile,
    USERS.c.user_name_key,
)
"""The columns of a person's names. The whole user is not among them: it may be large."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person by name. The names of an inactive or deleted one are those from before.

    ``newest_key`` is the key of the userName that the provider sent last; None for the deleted.
    """

    connection: str
    identity: str
    active: bool
    deleted: bool
    locked_at: int | None
    profile: Mapping[str, Any]
    newest_key: str | None

    @property
    def user_name(self) -> str:
        """Return the userName."""
        return str(self.profile.get("user_name", ""))

    @property
    def name(self) -> str | None:
        """Return the display name, or given and family name; None where there are none."""
        parts = (self.profile.get("given_name"), self.profile.get("family_name"))
        return self.profile.get("display_name") or " ".join(filter(None, parts)) or None

    @property
    def email(self) -> str | None:
        """Return the e-mail by which the person has an account."""
        return self.profile.get("email")

    @property
    def external_id(self) -> str | None:
        """Return the provider's id."""
        return self.profile.get("external_id")

    def name_keys(self) -> set[str]:
        """Return the keys of the userName, as it was and as it is now, and of the e-mails."""
        names = (self.user_name, self.email, self.profile.get("waiting_email"), self.newest_key)
        return {name_key(name) for name in names if name}

    def contains(self, key: str) -> bool:
        """Return whether a comparison key is a part of the key of any name."""
        names = (self.user_name, self.email, self.external_id, self.profile.get("display_name"))
        keys = (name_key(name) for name in names if name)
        return any(key in it for it in keys) or key in (self.newest_key or "")


async def people_after(
    db: AsyncConnection,
    connection_id: str,
    after: str,
    most: int,
    *conditions: ColumnElement[bool],
) -> Sequence[KnownPerson]:
    """Return the people of a connection that follow an id, in the order of ids.

    :param conditions: those of ``api.directory.people_conditions`` that all of them meet.
    """
    statement = (
        _selected(IDENTITIES.c.connection_id == connection_id)
        .where(IDENTITIES.c.id > after, *conditions)
        .order_by(IDENTITIES.c.id)
        .limit(most)
    )
    return [_known(row) for row in (await db.execute(statement)).mappings()]


async def count_people(
    db: AsyncConnection, connections: Sequence[str], last: tuple[str, str] | None = None
) -> int:
    """Return the number of people whom connections ever had, deleted ones too.

    :param last: the connection and the id of the last person who counts; the connections are in the
        order of lists.
    """
    of_connections: Any = IDENTITIES.c.connection_id.in_(connections)
    if last is not None:
        before = [each for each in connections if each < last[0]]
        of_last = and_(IDENTITIES.c.connection_id == last[0], IDENTITIES.c.id <= last[1])
        of_connections = or_(IDENTITIES.c.connection_id.in_(before), of_last)
    statement = select(func.count()).select_from(IDENTITIES).where(of_connections)
    return int(await db.scalar(statement) or 0)


async def person_with_id(
    db: AsyncConnection, connection_id: str, identity_id: str
) -> KnownPerson | None:
    """Return the person with an id, None if the connection never had one."""
    of_connection = IDENTITIES.c.connection_id == connection_id
    statement = _selected(of_connection).where(IDENTITIES.c.id == identity_id)
    row = (await db.execute(statement)).mappings().one_or_none()
    return None if row is None else _known(row)


async def people_with_ids(
    db: AsyncConnection, connections: Collection[str], ids: Collection[str]
) -> Sequence[KnownPerson]:
    """Return the people of some connections that have one of the ids."""
    statement = _selected(IDENTITIES.c.connection_id.in_(connections))
    named = statement.where(IDENTITIES.c.id.in_(ids))
    return [_known(row) for row in (await db.execute(named)).mappings()]


async def user_names_of(
    db: AsyncConnection, keys: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """Return the userNames of people by their connections and ids; the unknown are left out.

    :param keys: at most as many as a page shows.
    """
    key = IDENTITIES.c.connection_id, IDENTITIES.c.id
    user_name = IDENTITIES.c.profile["user_name"].as_string()
    statement = select(*key, user_name).where(tuple_(*key).in_(sorted(keys)))
    if not keys:
        return {}
    return {(row[0], row[1]): row[2] or "" for row in await db.execute(statement)}


def _selected(of_connections: ColumnElement[bool]) -> Any:
    same = (USERS.c.connection_id == IDENTITIES.c.connection_id) & (USERS.c.id == IDENTITIES.c.id)
    people = IDENTITIES.outerjoin(USERS, same)
    return select(*NAMES).select_from(people).where(of_connections)


def _known(row: RowMapping) -> KnownPerson:
    return KnownPerson(
        row["connection_id"],
        row["id"],
        row["active"],
        row["deleted"],
        row["locked_at"],
        row["profile"],
        row["user_name_key"],
    )
