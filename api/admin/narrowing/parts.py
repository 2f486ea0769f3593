"""With whom does looking for the people of a list begin? Those that an index finds come first.

Indexes tell who is held or has failed, who waits to be published, and whose action is refused. They
do not tell whose change is on its way to the worker (pending), nor who has left unknown to the
directory (refused): the lists of these states have a second part, in which everybody is looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.narrowing.sources import Conditions, Found, InTrouble, Named, Source
from api.directory.connection_states import PUBLISHING
from api.directory.identity_listing import IdentityVersion
from api.directory.leavings import Leaving
from api.directory.people_conditions import has_loss, is_active, is_marked
from api.reconciliation.person_states import PersonState
from contracts.downstream.open_problems import Trouble
from contracts.downstream.sync_states import SyncState

NAMES_THAT_BEGIN_SO = 2
"""Names of a person that begin alike, mostly: userName or e-mail, and displayName."""


def nobody(_identity: IdentityVersion, _state: SyncState | None) -> bool:
    """Return False: a person is in no earlier part."""
    return False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list.

    ``is_everybody`` says that people are looked at by their ids, and not found by an index.
    ``at_first`` is how many times as many as a page holds are looked at first; None: as many as a
    page looks at in all, because few are likely to match. ``was_earlier`` tells the people who are
    in an earlier part.
    """

    source: Source
    is_everybody: bool = False
    at_first: int | None = 1
    was_earlier: Callable[[IdentityVersion, SyncState | None], bool] = nobody


def parts_of(it: Administration, wanted: PeopleFilter) -> Sequence[Part]:
    """Return the parts of a list in their order."""
    if (beginning := wanted.beginning) is not None:
        return [Part(Named(it.directory, beginning), at_first=NAMES_THAT_BEGIN_SO)]
    match wanted.state:
        case PersonState.HELD:
            return [Part(Found(it.directory, _kept_back))]
        case PersonState.FAILED:
            return [Part(_in_trouble(it, Trouble.FAILED))]
        case PersonState.PENDING:
            return [Part(Found(it.directory, _to_be_published)), _everybody(it, wanted, _is_marked)]
        case PersonState.REFUSED:
            return [Part(_in_trouble(it, Trouble.REFUSED)), _everybody(it, wanted, _is_refused)]
        case PersonState.APPLIED | None:
            return [_everybody(it, wanted)]
        case never:
            assert_never(never)


def _in_trouble(it: Administration, trouble: Trouble) -> Source:
    return InTrouble(it.directory, it.downstream.problems, trouble)


def _everybody(
    it: Administration,
    wanted: PeopleFilter,
    was_earlier: Callable[[IdentityVersion, SyncState | None], bool] = nobody,
) -> Part:
    """Return the part of all people, as far as the directory itself can narrow it."""
    conditions = [] if wanted.only_active is None else [is_active(active=wanted.only_active)]
    if wanted.waived:
        conditions.append(has_loss(Leaving.WAIVED))
    return Part(
        Found(it.directory, lambda _connection: conditions),
        is_everybody=True,
        at_first=1 if was_earlier is nobody and not wanted.search_key else None,
        was_earlier=was_earlier,
    )


def _kept_back(connection: ConnectionInUse) -> Conditions:
    """Return the conditions on people who are held, by the brake or with their connection."""
    braked = has_loss(Leaving.HELD)
    return [braked if connection.standing.state in PUBLISHING else braked | is_marked()]


def _to_be_published(connection: ConnectionInUse) -> Conditions | None:
    """Return the conditions on people who are published next; those that wait longer are held."""
    return [is_marked()] if connection.standing.state in PUBLISHING else None


def _is_marked(identity: IdentityVersion, _state: SyncState | None) -> bool:
    return identity.dirty


def _is_refused(_identity: IdentityVersion, state: SyncState | None) -> bool:
    return state is not None and bool(state.refusals)
