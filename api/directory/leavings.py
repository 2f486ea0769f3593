"""What does a leaving keep until it is released? Its row keeps the person as before it. Pure.

A brake judges each deactivation before it is published. Until it is released, its row says how it
stands, and keeps the state that events go on telling if it is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from contracts.identity_changed import Profile
from contracts.rules import DEACTIVATION_ACTION, DeactivationAction


class Leaving(IntEnum):
    """The standing of a deactivation that is not released.

    ``UNJUDGED``: no brake has seen it yet. ``HELD``: it waits for an administrator. ``WAIVED``: an
    administrator has rejected it, and the person stays until the provider changes ``active`` again.
    """

    UNJUDGED = 0
    HELD = 1
    WAIVED = 2


KEPT_BACK = frozenset({Leaving.HELD, Leaving.WAIVED})
"""The leavings of people whose events show them as before."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An active person as before a leaving. Versions are microseconds since the epoch.

    ``deactivated_at`` and ``deactivation`` are those of the last deactivation that was released.
    ``effect`` names the brake that holds the leaving, if it is not that on deactivations.
    ``group_ids`` are those of ``groups``, in the same order, because rules may map groups by them;
    None in a document of a version that did not keep them. ``was_told`` is False if nothing was
    published of the person before a brake has held the leaving.
    """

    profile: Profile
    role_names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    deactivated_at: int = 0
    deactivation: DeactivationAction | None = None
    told_at: int = 0
    effect: str | None = None
    group_ids: tuple[str, ...] | None = None
    was_told: bool = True

    @property
    def group_names(self) -> Mapping[str, str] | None:
        """Return the names that the groups had, by their ids; None where these are not known."""
        if self.group_ids is None:
            return None
        return dict(zip(self.group_ids, self.groups, strict=True))

    @property
    def document(self) -> dict[str, Any]:
        """Return the person as the column ``earlier_leaving`` holds it."""
        was_told = None if self.was_told else False
        added = {
            "effect": self.effect,
            "group_ids": _listed(self.group_ids),
            "was_told": was_told,
        }
        return {
            "profile": self.profile.model_dump(mode="json", exclude_none=True),
            "role_names": list(self.role_names),
            "groups": list(self.groups),
            "deactivated_at": self.deactivated_at,
            "deactivation": self.deactivation and self.deactivation.model_dump(mode="json"),
            "told_at": self.told_at,
        } | {name: value for name, value in added.items() if value is not None}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Earlier":
        """Return the person that a document holds; the inverse of ``document``."""
        deactivation, ids = document["deactivation"], document.get("group_ids")
        return cls(
            profile=Profile.model_validate(document["profile"]),
            role_names=tuple(document["role_names"]),
            groups=tuple(document["groups"]),
            deactivated_at=document["deactivated_at"],
            deactivation=deactivation and DEACTIVATION_ACTION.validate_python(deactivation),
            told_at=document["told_at"],
            effect=document.get("effect"),
            group_ids=None if ids is None else tuple(ids),
            was_told=document.get("was_told", True),
        )


def _listed(ids: tuple[str, ...] | None) -> list[str] | None:
    return None if ids is None else list(ids)
