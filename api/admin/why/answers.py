"""How is a question answered? An answer has facts, the rule that decides, and a change of itself.

A change is a few steps, nearly always one. A step is a word with its objects, so that programs
can take it; the command line tells it as a command. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.clock import instant_of


class Aspect(StrEnum):
    """The questions about a person."""

    ACCOUNT = "account"
    ROLE = "role"
    DEVICES = "devices"


class Do(StrEnum):
    """The kinds of steps. The provider takes some, administrators of Muster all others."""

    WAIT = "wait"
    RESUME = "resume"
    SWITCH_ON = "switch-on"
    RETRY = "retry"
    RESYNC = "resync"
    BRING_BACK = "bring-back"
    APPROVE = "approve"
    UNLOCK = "unlock"
    CHANGE_RULES = "change-rules"
    RELEASE_ACCOUNT = "release-account"
    ADD_POLICY = "add-policy"
    ADD_ADMIN = "add-admin"
    ASSIGN_DEVICE = "assign-device"
    UNASSIGN_DEVICE = "unassign-device"
    ADD_DEVICE = "add-device"
    CREATE_USER = "create-user"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    DELETE_USER = "delete-user"
    CHANGE_EMAIL = "change-email"
    JOIN_GROUP = "join-group"
    LEAVE_GROUPS = "leave-groups"


OF_THE_PROVIDER = frozenset(
    {
        Do.CREATE_USER,
        Do.ACTIVATE,
        Do.DEACTIVATE,
        Do.DELETE_USER,
        Do.CHANGE_EMAIL,
        Do.JOIN_GROUP,
        Do.LEAVE_GROUPS,
    }
)
"""The steps that are made at the provider, and reach Muster over SCIM."""

OF_THE_DIRECTORY = OF_THE_PROVIDER | {
    Do.CHANGE_RULES,
    Do.RESYNC,
    Do.RETRY,
    Do.BRING_BACK,
    Do.UNLOCK,
    Do.APPROVE,
}
"""The steps that take effect once they are published; all others take effect at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a change: its kind, and the names of its objects."""

    do: Do
    to: Mapping[str, Any]


Steps = tuple[Step, ...]

TIMES = frozenset({"deactivated_at"})
"""The facts that are times, in microseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Why an aspect of a person has its value.

    ``because`` are facts by their names, ``rule`` is the name of the rule, and ``change`` are
    the fewest steps that would alter the value. All of it may be personal.
    """

    aspect: Aspect
    value: Any
    because: Mapping[str, Any]
    rule: str
    change: Steps

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the facts, with times in ISO 8601."""
        return {
            name: instant_of(value).isoformat(timespec="seconds") if name in TIMES else value
            for name, value in self.because.items()
        }

    @property
    def document(self) -> dict[str, Any]:
        """Return the answer as a program reads it; the steps of a change are linked by ``then``."""
        return {
            "aspect": self.aspect.value,
            "value": self.value,
            "because": [{"fact": name, "value": value} for name, value in self.facts.items()],
            "rule": self.rule,
            "change": _linked(self.change),
        }


def _linked(steps: Sequence[Step]) -> dict[str, Any] | None:
    if not steps:
        return None
    first, *others = steps
    then = _linked(others)
    return {"do": first.do.value, **first.to} | ({} if then is None else {"then": then})
