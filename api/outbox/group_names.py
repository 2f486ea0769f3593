"""In which groups is an identity? Their names are read with their weight, or weighed alone."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    ScalarSelect,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlmodel import col

from api.directory.dialects import json_text, with_commas
from api.directory.tables import GroupRow, Membership

BYTES_BESIDE_NAME = 3
"""Bytes of a group's name in an event beside its characters: quotes and a comma."""

HEAVY_NAMES = 16_384
"""The weight of names, in bytes, that take some milliseconds to render."""

LARGEST_WEIGHT = 2**31 - 1
"""A weight that no identity reaches."""


def group_names_of(
    identities: FromClause, heaviest: int | ColumnElement[int] = HEAVY_NAMES
) -> ScalarSelect[str]:
    """Return the weight of the names of each identity's groups, a colon and, if light, the names.

    The subquery runs for each identity, by index: PostgreSQL would plan a join by its statistics,
    which know nothing of a group that was pushed a moment ago.

    :param identities: has the columns ``connection_id`` and ``id``.
    :param heaviest: the largest weight, in bytes, at which names are read.
    """
    name = col(GroupRow.display_name)
    weight: Any = func.sum(func.length(name) + BYTES_BESIDE_NAME)
    most = literal(heaviest, BigInteger) if isinstance(heaviest, int) else heaviest
    light = case((weight <= most, with_commas(json_text(name), name)), else_="")
    return (
        select(cast(weight, String).concat(":").concat(light))
        .select_from(Membership)
        .join(
            GroupRow,
            and_(
                col(GroupRow.connection_id) == col(Membership.connection_id),
                col(GroupRow.id) == col(Membership.group_id),
            ),
        )
        .where(
            col(Membership.connection_id) == identities.c.connection_id,
            col(Membership.member_id) == identities.c.id,
        )
        .correlate(identities)
        .scalar_subquery()
    )


def split_group_names(text: str | None) -> tuple[str | None, int]:
    """Return the names of groups as a JSON array, or None if they are heavy, and their weight.

    :param text: a text as the expression of ``group_names_of`` yields it.
    """
    weight, _, names = (text or "0:").partition(":")
    if weight == "0":
        return "[]", 0
    return (f"[{names}]" if names else None), int(weight)
