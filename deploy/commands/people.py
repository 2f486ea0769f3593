"""What does ``muster people`` do? It lists the people of providers, and shows and locks one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.lock_person import WITHOUT_LOCK, PersonLock, lock_person, unlock_person
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import list_people
from api.admin.show_person import ShownPerson, show_person
from api.admin.timelines import TimelineEntry
from api.reconciliation.person_states import PersonState
from contracts.clock import instant_of
from deploy.commands.completions import workspace_names
from deploy.commands.empty_lists import none_in
from deploy.commands.output import Row, print_json, print_rows, show_row, with_times
from deploy.commands.session import ConnectionId, JsonOption, OfConnection, on_administration
from deploy.commands.streamed_rows import stream_rows
from deploy.commands.visible_text import say

app = typer.Typer(no_args_is_help=True, help="People as providers pushed them, and their state.")

PERSON_COLUMNS = (
    "connection",
    "identity",
    "user_name",
    "email",
    "active",
    "state",
    "reason",
)

DEVICE_COLUMNS = ("serial", "policy")

PEOPLE_AT_ONCE = 500

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The id, userName, e-mail or externalId of the person."),
]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="people")


@app.command("list")
def list_(
    workspace: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Only of this workspace.", autocompletion=workspace_names
        ),
    ] = None,
    connection: OfConnection = None,
    state: Annotated[
        PersonState | None,
        typer.Option(case_sensitive=False, help="Only people in this sync state."),
    ] = None,
    inactive: Annotated[
        bool, typer.Option("--inactive", help="Only people who are inactive or deleted.")
    ] = False,
    search: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Only people with this in userName, e-mail, externalId or displayName.",
        ),
    ] = None,
    waived: Annotated[
        bool,
        typer.Option("--waived", help="Only people who stay because held reject waived a loss."),
    ] = False,
    begins: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Only people whose userName, e-mail, displayName, family name or externalId begins"
            " so. Quick among many people; finds nobody who is deleted.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The most people that are listed (default: all).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List people with their sync state, by connection and id, or by the name that begins so.

    Deleted people are listed while their deletion is on its way or kept back by a brake; with
    --inactive or --search also later.

    Example: muster people list --connection acme-store --state refused
    """
    wanted = PeopleFilter(workspace, connection, state, inactive, search, waived, begins=begins)

    async def work(it: Administration) -> None:
        if_none = none_in("people list", narrowed=wanted != PeopleFilter())
        pages = _pages(it, wanted, limit)
        await stream_rows(pages, PERSON_COLUMNS, as_json=as_json, if_none=if_none)

    on_administration(work)


async def _pages(
    it: Administration, wanted: PeopleFilter, limit: int | None
) -> AsyncIterator[Sequence[Row]]:
    after, left = None, limit
    while left is None or left > 0:
        most = PEOPLE_AT_ONCE if left is None else min(left, PEOPLE_AT_ONCE)
        page = await list_people(it, COMMAND, wanted, after=after, most=most)
        yield [asdict(person) for person in page.items]
        if page.next is None:
            return
        after = page.next
        left = None if left is None else left - len(page.items)


@app.command()
def show(connection: ConnectionId, name: Name, as_json: JsonOption = False) -> None:
    """Show a person: names, groups, sync state, account, devices, and what happened when.

    Deleted people are found too. Of people with one name, those who are not deleted are meant.

    Example: muster people show acme-store ada@example.com
    """

    async def work(it: Administration) -> ShownPerson:
        return await show_person(it, COMMAND, connection, name)

    person = on_administration(work)
    row = with_times(asdict(person), "locked_at")
    row["timeline"] = [_entry_row(entry) for entry in person.timeline]
    if as_json:
        print_json(row)
    else:
        _show(row)


@app.command()
def lock(connection: ConnectionId, name: Name, as_json: JsonOption = False) -> None:
    """Deactivate a person at once by the rules, without the provider and past the brake.

    The provider sees its user as before. The lock lasts until unlock, or until the provider
    deactivates or deletes the person. A leaving that a brake keeps back is carried out instead:
    that is the provider's word and no lock, so that unlock does not undo it.

    Example: muster people lock acme-store ada@example.com
    """

    async def work(it: Administration) -> PersonLock:
        return await lock_person(it, COMMAND, connection, name)

    locked = on_administration(work)
    _print_lock(locked, as_json=as_json)
    if locked.done in WITHOUT_LOCK:
        say(WITHOUT_LOCK[locked.done], to_stderr=True)
    if locked.deactivation == "nothing":
        say("The rules do nothing when a person is deactivated.", to_stderr=True)


@app.command()
def unlock(connection: ConnectionId, name: Name, as_json: JsonOption = False) -> None:
    """End the lock of a person, who is provided for again as the provider says by now.

    Example: muster people unlock acme-store ada@example.com
    """

    async def work(it: Administration) -> PersonLock:
        return await unlock_person(it, COMMAND, connection, name)

    _print_lock(on_administration(work), as_json=as_json)


def _print_lock(done: PersonLock, *, as_json: bool) -> None:
    show_row(with_times(asdict(done), "locked_at"), as_json=as_json)
    if done.waits is not None:
        say(f"The connection is {done.waits}: this waits until connections resume.", to_stderr=True)


def _entry_row(entry: TimelineEntry) -> dict[str, Any]:
    at = instant_of(entry.at).isoformat(timespec="milliseconds")
    return {"at": at, "event": entry.event, **entry.details}


def _show(row: Mapping[str, Any]) -> None:
    """Print a person in lines, devices and timeline as tables."""
    nested = {"account": "account", "holder": "address held by"}
    lines = {name: value for name, value in row.items() if name not in {"devices", "timeline"}}
    for name, shown in nested.items():
        if (value := lines.pop(name)) is not None:
            lines[shown] = _in_words(value)
    show_row(lines, as_json=False)
    if row["devices"]:
        say()
        print_rows(Console(), row["devices"], DEVICE_COLUMNS)
    say()
    entries = [
        {"at": it["at"], "event": it["event"], "details": _in_words(_details(it))}
        for it in row["timeline"]
    ]
    print_rows(Console(), entries, ("at", "event", "details"))


def _details(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in entry.items() if name not in {"at", "event"}}


def _in_words(value: Mapping[str, Any]) -> str:
    """Return the fields of an object that are set, in one line."""
    shown = {name: it for name, it in value.items() if it not in (None, "", False, [], ())}
    return ", ".join(f"{name.replace('_', ' ')} {_word(it)}" for name, it in shown.items())


def _word(value: Any) -> str:
    match value:
        case True:
            return "yes"
        case list() | tuple():
            return " and ".join(map(_word, value))
        case dict():
            return f"({_in_words(value)})"
        case _:
            return str(value)
