"""Which workspaces are there, and which does a name mean? Names are compared by their keys.

The key is that of ``contracts.names``: no second workspace comes to be beside one whose name
differs only in letters' case, or in blanks around it, even if two are made at once. Where there are
two such workspaces already, each is found by its exact name. The making is audited.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.directory.tables import Connection
from api.errors import AmbiguousWorkspace, NewWorkspace, UnknownWorkspace
from contracts.names import name_key

CREATION = "workspaces.create"
"""The action of the audit log."""


class _MadeMeanwhile(Exception):
    """Another change has made the workspace: the change that was begun has come to nothing."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@dataclass(frozen=True, slots=True)
class _ToUse:
    """The name of a workspace that a change is for, and whether it exists already."""

    name: str
    exists: bool


@dataclass(frozen=True, slots=True)
class ListedWorkspace:
    """A workspace, and the number of its connections."""

    workspace: str
    connections: int


async def list_workspaces(it: Administration, actor: Actor) -> Sequence[ListedWorkspace]:
    """Return the workspaces that an actor reaches, in the order of their names."""
    actor.check(Power.VIEW)
    counted = await _counted(it)
    reached = sorted(filter(actor.reaches, counted))
    return [ListedWorkspace(name, counted[name]) for name in reached]


async def workspace_named(it: Administration, actor: Actor, text: str, power: Power) -> str:
    """Return the name of the workspace that a text means, if the actor has a power over it.

    :raises UnknownWorkspace: when there is none, or the actor does not reach it.
    :raises AmbiguousWorkspace: when the text may mean several.
    :raises NotAllowed: when the actor reaches it with less power.
    """
    name = meant_by(text, await _reached(it, actor))
    if name is None:
        raise UnknownWorkspace(text)
    actor.check(power)
    return name


async def workspace_to_use(
    it: Administration, actor: Actor, text: str, *, new: bool = False
) -> str:
    """Return the name of the workspace that a change is for; the change may make the workspace.

    The first workspace of an installation is made without further ado, another one only on demand:
    a slip of the keyboard would go unnoticed.

    :param new: whether a workspace may be made beside others.
    :raises NewWorkspace: when it would be made beside others, and that was not demanded.
    :raises UnknownWorkspace: when the actor does not reach it.
    :raises AmbiguousWorkspace: when the text may mean several.
    :raises NotAllowed: when the actor may not change it.
    """
    return (await _to_use(it, actor, text, new=new)).name


@asynccontextmanager
async def workspace_in_use(
    it: Administration, actor: Actor, text: str, *, new: bool = False
) -> AsyncIterator[str]:
    """Give the name of the workspace that a change is for, while the change is made.

    If the change makes the workspace, the audit log tells so, as it tells of a failure then.

    :param new: whether a workspace may be made beside others.
    :raises: what ``workspace_to_use`` raises.
    """
    found = await _to_use(it, actor, text, new=new)
    if found.exists:
        yield found.name
        return
    async with begun(it, actor, Change(CREATION, found.name)):
        yield found.name


async def made_workspace(it: Administration, actor: Actor, text: str, *, new: bool = False) -> str:
    """Return the name of the workspace that a change is for, which is made if it is missing.

    Another change that makes it at the same moment, in other letters, gives it its name.

    :param new: whether a workspace may be made beside others.
    :raises: what ``workspace_to_use`` raises.
    """
    found = await _to_use(it, actor, text, new=new)
    if found.exists:  # in the directory at least, as after a restore of downstream
        await it.downstream.workspaces.ensure_workspace(found.name)
        return found.name
    try:
        async with begun(it, actor, Change(CREATION, found.name)):
            await _make(it, found.name)
    except _MadeMeanwhile as error:
        return error.name
    return found.name


async def _make(it: Administration, name: str) -> None:
    made = await it.downstream.workspaces.ensure_workspace(name)
    if made != name:
        raise _MadeMeanwhile(made)


def meant_by(text: str, names: Sequence[str]) -> str | None:
    """Return the name that a text means: its equal, or the only one with the same comparison key.

    :raises AmbiguousWorkspace: when several have the same key, and none is its equal.
    """
    if text in names:
        return text
    key = name_key(text)
    match [name for name in names if name_key(name) == key]:
        case []:
            return None
        case [name]:
            return name
        case several:
            raise AmbiguousWorkspace(text, several)


async def _to_use(it: Administration, actor: Actor, text: str, *, new: bool) -> _ToUse:
    known = await _reached(it, actor)
    name = meant_by(text, known)
    actor.check_workspace(text if name is None else name, Power.OWN)
    if name is not None:
        return _ToUse(name, exists=True)
    if known and not new:
        raise NewWorkspace(text)
    return _ToUse(text, exists=False)


async def _reached(it: Administration, actor: Actor) -> Sequence[str]:
    if actor.workspace is not None:
        return [actor.workspace]
    return sorted(await _counted(it))


async def _counted(it: Administration) -> Mapping[str, int]:
    """Return the workspaces of both sides, each with the number of its connections.

    After a restore, one side may know more of them than the other.
    """
    workspace = col(Connection.workspace)
    statement = select(workspace, func.count()).group_by(workspace)
    async with it.directory.read() as db:
        connections: dict[str, int] = dict((await db.execute(statement)).all())
    return dict.fromkeys(await it.downstream.workspaces.names(), 0) | connections
