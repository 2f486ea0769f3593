"""What does the deletion of a connection do to people? An administrator has chosen that. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class People(StrEnum):
    """The fate of the people of a deleted connection.

    ``KEEP`` unlinks them: accounts, with the roles and devices that they have by themselves, stay.
    ``DEACTIVATE`` does what the rules say of a leaver.
    """

    KEEP = "keep"
    DEACTIVATE = "deactivate"


class Step(StrEnum):
    """The steps of a deletion.

    ``ENDING`` and ``ENDING_HELD`` give people their last state, slice by slice, and publish nothing
    meanwhile: a relay would tell what was held before. With ``ENDING_HELD`` the connection was
    paused or observing when its deletion began. ``PUBLISHING`` publishes the last states.
    """

    ENDING = "ending"
    ENDING_HELD = "ending-held"
    PUBLISHING = "publishing"


@dataclass(frozen=True, slots=True)
class Closing:
    """The effect of a deletion on people, and its present step."""

    people: People
    step: Step

    @property
    def held(self) -> bool:
        """Return whether the connection published nothing when its deletion began."""
        return self.step is Step.ENDING_HELD

    @property
    def stored(self) -> str:
        """Return the text that the row of the connection keeps."""
        return f"{self.people}:{self.step}"


def closing_in(stored: str) -> Closing:
    """Return the closing that a stored text means; the inverse of ``Closing.stored``."""
    people, _, step = stored.partition(":")
    return Closing(People(people), Step(step))


PUBLISHED = tuple(Closing(people, Step.PUBLISHING).stored for people in People)
"""The texts of deletions whose last states relays publish."""
