"""What is stored of a member? A membership holds its id, its type and its label."""

from dataclasses import dataclass

from sqlalchemy import RowMapping

Row = RowMapping
"""A row of a group, or of a membership."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group: its id, ``User`` or ``Group``, and the label it was sent with."""

    id: str
    type: str
    display: str | None = None
