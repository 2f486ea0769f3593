"""What did a provider send of the members of a group? A plain tuple holds each entry. Pure.

A list may hold 100,000 members. The library's model of an entry takes fifteen microseconds, and
does no more with a correct entry than check its types.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from api.scim.members.stored import Member
from api.scim.protocol.references import reference_to
from api.scim.protocol.resources import GroupMember
from api.scim.protocol.tolerances.values import MEMBER_TYPES, json_in

FIELDS = {"value": "value", "display": "display", "type": "type", "$ref": "ref", "ref": "ref"}
"""The names that an attribute may be sent under, in lower case."""


class SentMember(NamedTuple):
    """An entry of ``members`` as it was sent.

    Only ``value`` and ``display`` are stored; later operations of the same PATCH may select by
    ``type`` and ``ref``.
    """

    value: str | None = None
    display: str | None = None
    type: str | None = None
    ref: str | None = None

    @property
    def repeats(self) -> str | None:
        """Return the id of the stored member that the entry may be equal to, else None."""
        is_short = self.ref is not None and self.ref.endswith(f"s/{self.value}")
        return self.value if is_short else None


def read_members(sent: Any) -> list[SentMember] | None:
    """Return the entries of a list; None for a bad list, whose error the library words.

    The forms are those of the tolerances: an entry in place of a list, ids in place of entries,
    JSON text in place of either.
    """
    sent = json_in(sent)
    members = []
    for entry in sent if isinstance(sent, list) else [sent]:
        if entry == "":
            continue
        member = _read(entry)
        if member is None:
            return None
        members.append(member)
    return members


def _read(entry: Any) -> SentMember | None:
    """Read an entry: names have any case, and the last one counts; values are texts or null."""
    if isinstance(entry, str):
        entry = json_in(entry)
    if isinstance(entry, str):
        return SentMember(entry)
    if not isinstance(entry, dict):
        return None
    fields = {
        field: value
        for name, value in entry.items()
        if (field := FIELDS.get(name.lower())) is not None
    }
    for value in fields.values():
        if value is not None and not isinstance(value, str):
            return None
    if "type" in fields:
        fields["type"] = MEMBER_TYPES.get((fields["type"] or "").lower())
    return SentMember(**fields)


def sent_of(members: Iterable[GroupMember] | None) -> list[SentMember]:
    """Return the entries of members that the library has read."""
    return [
        SentMember(member.value, member.display, member.type, member.ref)
        for member in members or ()
    ]


def as_sent(member: Member) -> SentMember:
    """Return the entry of a stored member, as if it had been sent with all its attributes."""
    reference = reference_to(member.type, member.id)
    return SentMember(member.id, member.display, member.type, reference)


def model_of(member: SentMember) -> GroupMember:
    """Return the library's model of an entry."""
    return GroupMember.model_validate(member._asdict())
