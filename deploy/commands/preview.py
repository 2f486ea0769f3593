"""What does ``muster preview`` do? It tells the effects that changes would have, and makes none."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.preview import WhatIf, preview
from contracts.downstream.preview import EffectKind, PlannedEffect
from deploy.commands.choices import CreationOption, DeactivationOption, RoleOption
from deploy.commands.connections import MapGroup, MapRole, PolicyName
from deploy.commands.output import print_json, show_row, show_rows
from deploy.commands.rule_options import choices_of
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.visible_text import say

MOST_EFFECTS_SHOWN = 50
"""The number of effects in the table. --json prints all of them."""

NAMES_OF_OBJECTS = ("serial", "email")
"""The fields by which people know a device and an account."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(preview_)


def preview_(
    connection: ConnectionId,
    on_create: CreationOption = None,
    on_deactivate: DeactivationOption = None,
    role: RoleOption = None,
    policy: PolicyName = None,
    map_role: MapRole = None,
    map_group: MapGroup = None,
    no_map_role: Annotated[
        bool, typer.Option("--no-map-role", help="Map no name and no group to a role any more.")
    ] = False,
    deactivate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A person leaves: an id, userName, externalId or e-mail. Repeatable.",
        ),
    ] = None,
    go_live: Annotated[
        bool,
        typer.Option("--go-live", help="The connection is resumed: waiting changes are applied."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what changed rules, leavers or a going live would do, and do nothing.

    The effects are those on accounts, roles and devices, in their order; a later one may change an
    account again. refuse: an action that would be refused, and the reason; hold: a loss that the
    brake would hold. Several options are imagined together, the rules first. Of a paused
    connection, the effects come once it is resumed.

    Example: muster preview acme-store --on-deactivate remove-employee --deactivate ada@acme.com
    """
    names = map_role, map_group
    rules = choices_of(on_create, on_deactivate, role, policy, *names, no_map_role=no_map_role)
    asked = WhatIf(rules, deactivate or (), go_live)

    async def work(it: Administration) -> _Told:
        told = _Told(None if as_json else MOST_EFFECTS_SHOWN)
        async for effect in await preview(it, COMMAND, connection, asked):
            told.add(effect)
        return told

    told = on_administration(work)
    if as_json:
        print_json(told.rows)
        return
    told.show()


@dataclass(slots=True)
class _Told:
    """The effects so far: the number of each kind, and as many rows as are shown; None: all."""

    most: int | None
    counts: Counter[EffectKind] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, effect: PlannedEffect) -> None:
        """Count an effect, and keep it if it is shown."""
        self.counts[effect.effect] += 1
        if self.most is None or len(self.rows) < self.most:
            self.rows.append(row_of(effect))

    def show(self) -> None:
        """Print the number of effects of each kind, and then a table."""
        if not self.counts:
            say("nothing would happen")
            return
        counts = {kind.value: self.counts[kind] for kind in EffectKind if self.counts[kind]}
        show_row(counts, as_json=False)
        columns = ("effect", "identity", "of", "what", "reason")
        show_rows([row | _in_words(row) for row in self.rows], columns, as_json=False)
        if (others := self.counts.total() - len(self.rows)) > 0:
            say(f"… and {others} more: --json shows all.")


def row_of(effect: PlannedEffect) -> dict[str, Any]:
    """Return an effect as a program reads it."""
    return {
        "identity": effect.identity,
        "effect": effect.effect.value,
        "before": effect.before,
        "after": effect.after,
        "reason": effect.reason,
    }


def _in_words(row: Mapping[str, Any]) -> dict[str, str | None]:
    """Return which account or device an effect is on, and what it changes there."""
    before, after = row["before"] or {}, row["after"] or {}
    known = before | after if row["effect"] == EffectKind.CREATE else after | before
    of = next((known[name] for name in NAMES_OF_OBJECTS if known.get(name)), None)
    return {"of": of, "what": "; ".join(_changes(before, after))}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield each field that differs, with its values; fields without any are left out."""
    for name in dict.fromkeys([*before, *after]):
        old, new = _text(before.get(name)), _text(after.get(name))
        label = name.replace("_", " ")
        if old == new or (name in NAMES_OF_OBJECTS and not (old and new)):
            continue
        if not (before and after):
            yield f"{label} {new or old}"
        else:
            yield f"{label} {old or '-'} → {new or '-'}"


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
