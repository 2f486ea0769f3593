"""Which states has a connection, and what does each stop? Verbs lead from one to another. Pure.

Providers are answered in every state but ``closing``, unless the connection is switched off. To be
switched off is no state: a connection that is switched on again has the state that it had.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, and_, literal_column, or_

from api.directory.brake_limits import OFF
from api.directory.closing import PUBLISHED
from api.errors import ConnectionCloses, ConnectionOff


class ConnectionState(StrEnum):
    """The fate of the changes that a connection accepts.

    ``LIVE`` publishes them. ``PAUSED`` and ``OBSERVING`` keep them until the connection is live;
    an observing connection has usually done so from the start. ``CLOSING`` publishes what its
    deletion changes, and answers its provider no more.
    """

    LIVE = "live"
    PAUSED = "paused"
    OBSERVING = "observing"
    CLOSING = "closing"


PUBLISHING = frozenset({ConnectionState.LIVE, ConnectionState.CLOSING})
"""The states in which relays publish waiting changes, even of a connection that is switched off."""


class Verb(StrEnum):
    """The changes that an administrator makes to the state of a connection."""

    PAUSE = "pause"
    OBSERVE = "observe"
    RESUME = "resume"
    OFF = "off"
    ON = "on"


STATE_AFTER = {
    Verb.PAUSE: ConnectionState.PAUSED,
    Verb.OBSERVE: ConnectionState.OBSERVING,
    Verb.RESUME: ConnectionState.LIVE,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a connection, and since when it is switched off (microseconds), if it is."""

    state: ConnectionState = ConnectionState.LIVE
    switched_off_at: int | None = None

    @property
    def shown(self) -> str:
        """Return the state in the words of administrators: ``off`` comes before any other."""
        return "off" if self.switched_off_at is not None else self.state

    def after(self, verb: Verb, now: int) -> "Standing":
        """Return the standing after a verb; a verb that has come true already changes nothing.

        :raises ConnectionCloses: when the connection is being deleted.
        :raises ConnectionOff: when it is to go live while it is switched off, which would publish
            waiting changes, although administrators take it for stopped.
        """
        if self.state is ConnectionState.CLOSING:
            raise ConnectionCloses
        match verb:
            case Verb.OFF:
                return replace(self, switched_off_at=self.switched_off_at or now)
            case Verb.ON:
                return replace(self, switched_off_at=None)
            case Verb.RESUME if self.switched_off_at is not None:
                raise ConnectionOff
            case _:
                return replace(self, state=STATE_AFTER[verb])


# --- conditions on rows of connections --------------------------------------------------------


def publishes(connections: FromClause) -> ColumnElement[bool]:
    """Return the condition that relays publish the changes that a connection has accepted.

    A connection that is being deleted does so once all its people have got their last state.
    Literals stand in place of parameters, as in all statements that are planned once.
    """
    is_live = connections.c.state == _literal(ConnectionState.LIVE)
    is_closing = connections.c.state == _literal(ConnectionState.CLOSING)
    step = connections.c.closing_people
    return or_(is_live, and_(is_closing, or_(*(step == _literal(it) for it in PUBLISHED))))


def serves(connections: FromClause) -> ColumnElement[bool]:
    """Return the condition that a connection answers its provider."""
    is_on = connections.c.switched_off_at.is_(None)
    return and_(is_on, connections.c.state != _literal(ConnectionState.CLOSING))


def has_no_brake(connections: FromClause) -> ColumnElement[bool]:
    """Return the condition that no brake judges the leavings of a connection.

    A connection that is being deleted has none: an administrator has decided already.
    """
    is_off = connections.c.brake == literal_column(f"'{OFF}'")
    return or_(is_off, connections.c.state == _literal(ConnectionState.CLOSING))


def _literal(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text!s}'")
