"""Who asks, and what may they do? An actor has a name, a power and perhaps one workspace. Pure."""

from dataclasses import dataclass
from enum import IntEnum

from api.errors import NotAllowed, UnknownWorkspace


class Power(IntEnum):
    """How far an actor's power goes: each includes those before it."""

    VIEW = 1
    OWN = 2
    OPERATE = 3

    @property
    def told(self) -> str:
        """Return the power in words that follow ``may``."""
        return {
            Power.VIEW: "look",
            Power.OWN: "change a workspace",
            Power.OPERATE: "operate the installation",
        }[self]


@dataclass(frozen=True, slots=True)
class Actor:
    """An administrator or a program of theirs, for which a use case runs.

    :param name: the actor's name in the audit log, which is no person's.
    :param workspace: the only workspace that the actor reaches; None: all of the installation.
    """

    name: str
    workspace: str | None
    power: Power

    def reaches(self, workspace: str) -> bool:
        """Return whether the actor may know of a workspace at all."""
        return self.workspace in {None, workspace}

    def check(self, power: Power) -> None:
        """Check that the actor has a power over what it reaches.

        :raises NotAllowed: when its power is smaller.
        """
        if self.power < power:
            raise NotAllowed(power.told)

    def check_workspace(self, workspace: str, power: Power) -> None:
        """Check that the actor has a power over a workspace.

        :raises UnknownWorkspace: when the actor does not reach it, whether it exists or not.
        :raises NotAllowed: when the actor reaches it with less power.
        """
        if not self.reaches(workspace):
            raise UnknownWorkspace(workspace)
        self.check(power)

    def check_installation(self, power: Power) -> None:
        """Check that the actor has a power over the whole installation.

        :raises NotAllowed: when the actor reaches one workspace only, or has less power.
        """
        if self.workspace is not None:
            raise NotAllowed(Power.OPERATE.told)
        self.check(power)


COMMAND = Actor("command", None, Power.OPERATE)
"""The actor at the command line, which has the databases themselves."""
