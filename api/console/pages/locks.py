"""Which pages lock a person, and unlock one? Each says first what will happen.

A lock that an unlock would not undo wholly is confirmed by the typed name.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.find_person import find_by_id
from api.admin.foresee_lock import LockOutlook, foresee_lock
from api.admin.lock_person import WITHOUT_LOCK, PersonLock, lock_person, unlock_person
from api.console.confirmations import check_typed
from api.console.errors import NotTypedSo
from api.console.pages.person import PATH, path_of
from api.console.rule_words import action
from api.console.visit import Visit, visit_of

LONGEST_TYPED = 100
"""Characters of a name that is to be typed; an id is typed in place of longer ones."""

MOST_DEVICES = 20
"""Devices that are named; the others are counted."""


async def ask_lock(request: Request) -> Response:
    """Say what a lock will do."""
    visit = visit_of(request)
    return _lock_page(visit, await _foreseen(visit))


async def lock(request: Request) -> Response:
    """Lock a person at once."""
    visit = visit_of(request)
    outlook = await _foreseen(visit)
    try:
        if outlook.is_final:
            check_typed(visit.form, to_type(outlook))
    except NotTypedSo as error:
        return _lock_page(visit, outlook, error)
    done = await lock_person(visit.it, visit.actor, outlook.connection.id, outlook.identity)
    return visit.redirect(
        path_of(visit), WITHOUT_LOCK.get(done.done) or _with_wait("Locked.", done)
    )


async def ask_unlock(request: Request) -> Response:
    """Say what an unlock will do."""
    visit = visit_of(request)
    outlook = await _foreseen(visit)
    return visit.page("unlock.html", **_shown(outlook))


async def unlock(request: Request) -> Response:
    """End the lock of a person."""
    visit = visit_of(request)
    connection, identity = visit.named("connection"), visit.named("identity")
    await find_by_id(visit.it, visit.actor, connection, identity, Power.OWN)
    done = await unlock_person(visit.it, visit.actor, connection, identity)
    return visit.redirect(path_of(visit), _with_wait("Unlocked.", done))


async def _foreseen(visit: Visit) -> LockOutlook:
    connection, identity = visit.named("connection"), visit.named("identity")
    return await foresee_lock(visit.it, visit.actor, connection, identity)


def to_type(outlook: LockOutlook) -> str:
    """Return the text to be typed before a person is locked for good."""
    name = outlook.user_name.strip()
    return name if 0 < len(name) <= LONGEST_TYPED and name.isprintable() else outlook.identity


def _lock_page(visit: Visit, outlook: LockOutlook, error: NotTypedSo | None = None) -> Response:
    return visit.page(
        "lock.html",
        200 if error is None else error.status,
        **_shown(outlook),
        error=error,
        to_type=to_type(outlook),
    )


def _shown(outlook: LockOutlook) -> dict[str, Any]:
    return {
        "workspace": outlook.connection.workspace,
        "section": "/people",
        "outlook": outlook,
        "rule": action(outlook.action),
        "devices": outlook.devices[:MOST_DEVICES],
    }


def _with_wait(words: str, done: PersonLock) -> str:
    if done.waits is None:
        return words
    return f"{words} The connection is {done.waits}, so that this waits until it is live."


ROUTES = (
    Route(f"{PATH}/lock", ask_lock),
    Route(f"{PATH}/lock", lock, methods=["POST"]),
    Route(f"{PATH}/unlock", ask_unlock),
    Route(f"{PATH}/unlock", unlock, methods=["POST"]),
)
