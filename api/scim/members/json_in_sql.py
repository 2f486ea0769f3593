"""How is a member shown without being read? The database writes the JSON of each row.

This module is written by hand for speed; ``tests/conformance/test_group_patches.py`` holds it to
the model. A model takes 180 microseconds to be made and dumped, and a group may have 100,000
members.
"""

from collections.abc import Mapping, Sequence
from json import dumps

from sqlalchemy import ColumnElement, case, literal
from sqlmodel import col

from api.directory.dialects import json_text
from api.directory.tables import Membership


def json_of_member(attributes: Sequence[str], base_url: str) -> ColumnElement[str]:
    """Return the expression for the JSON object of a membership; ids and types need no escaping.

    :param attributes: the attributes that the object shows.
    """
    start = dumps(base_url)[:-1]
    values: Mapping[str, ColumnElement[str]] = {
        "value": literal('"') + col(Membership.member_id) + '"',
        "$ref": literal(f"{start}/")
        + col(Membership.member_type)
        + "s/"
        + col(Membership.member_id)
        + '"',
        "type": literal('"') + col(Membership.member_type) + '"',
        "display": json_text(col(Membership.display)),
    }
    text: ColumnElement[str] = literal("{")
    for number, name in enumerate(sorted(attributes, key=lambda it: it == "display")):
        pair = literal(f'{"," if number else ""}"{name}":') + values[name]
        text += (
            case((col(Membership.display).is_(None), ""), else_=pair) if name == "display" else pair
        )
    return text + "}"
