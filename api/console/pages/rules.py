"""Which pages have the rules of a connection? They are changed after a look at what would happen.

One form leads to the preview, which carries the choices along, and saves exactly them.
"""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.change_rules import ChangedRules, change_connection, validate_rules
from api.admin.connection_states import show_connection
from api.admin.connections import ConnectionInUse
from api.admin.count_people import count_people
from api.admin.policies import list_policies
from api.admin.preview import WhatIf
from api.admin.rule_choices import RuleChoices, choices_of
from api.admin.seen_names import mapping_warnings, page_seen_groups
from api.console.arriving_previews import arriving
from api.console.brake_forms import BrakeFields, brake_in, fields_of
from api.console.complaints import complaint_of
from api.console.confirmations import check_final
from api.console.connection_views import names_of_mapped
from api.console.errors import EffectsChanged, NotTypedSo
from api.console.rule_forms import MORE, Groups, choices_in
from api.console.visit import Visit, visit_of
from api.console.words import people as number_of_people
from api.directory.brake_limits import limit_in
from api.errors import ApiError, ConnectionChanged, NothingToChange
from contracts.downstream.errors import DownstreamError
from contracts.portals import PORTALS
from contracts.rules import Rules

MOST_WARNINGS = 10
"""Warnings of a mapping that a page shows."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The choices of a visitor: rules and brake, as they were filled in."""

    chosen: RuleChoices
    brake: BrakeFields

    def whole(self, rules: Rules) -> "Draft":
        """Return the draft with the mappings that stay as they are, because no page has them."""
        now = choices_of(rules)
        names, groups = self.chosen.role_map, self.chosen.group_map
        chosen = replace(
            self.chosen,
            role_map=now.role_map if names is None else names,
            group_map=now.group_map if groups is None else groups,
        )
        return replace(self, chosen=chosen)


async def rules(request: Request) -> Response:
    """Show the rules and the brake, as a form to those who may change them."""
    visit = visit_of(request)
    return await _form(visit, await _connection(visit))


async def change(request: Request) -> Response:
    """Preview or save the choices; show the form for more lines, to edit, or with an error."""
    visit = visit_of(request)
    found = await _connection(visit)
    visit.actor.check(Power.OWN)
    draft = None
    try:
        draft = Draft(choices_in(visit.form, found.portal), brake_in(visit.form))
        if visit.form.is_set(MORE) or visit.form.text("step") == "edit":
            return await _form(visit, found, draft)
        if visit.form.text("step") == "save":
            return await _save(visit, found, draft)
        return await _preview(visit, found, draft)
    except ConnectionChanged as error:
        return await _form(visit, await _connection(visit), error=error)
    except (ApiError, DownstreamError) as error:
        return await _form(visit, found, draft, error)


async def _connection(visit: Visit) -> ConnectionInUse:
    return await show_connection(visit.it, visit.actor, visit.named("connection"))


async def _form(
    visit: Visit,
    found: ConnectionInUse,
    draft: Draft | None = None,
    error: ApiError | DownstreamError | None = None,
) -> Response:
    """Show the form with the draft, by default with the rules and the brake in force."""
    in_force = Draft(choices_of(found.rules), fields_of(found.brake))
    shown = (draft or in_force).whole(found.rules)
    has_roles = PORTALS[found.portal].has_roles
    has_policies = PORTALS[found.portal].has_devices
    problem = None if error is None else complaint_of(error)
    return visit.page(
        "rules.html",
        200 if problem is None else problem.status,
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        chosen=shown.chosen,
        brake=shown.brake,
        policies=await _policies(visit, found) if has_policies else (),
        groups=await _groups(visit, found, shown.chosen) if has_roles else None,
        warnings=await _warnings(visit, found) if draft is None else (),
        problem=problem,
    )


async def _preview(
    visit: Visit, found: ConnectionInUse, draft: Draft, error: ApiError | None = None
) -> Response:
    """Show the effects of the draft, with a button that saves it; with an error, once more."""
    limit_in(draft.brake.brake)
    tried = await validate_rules(visit.it, visit.actor, found.id, draft.chosen)
    changes_rules, changes_brake = tried != found.rules, draft.brake.brake != found.brake
    if not changes_rules and not changes_brake:
        raise NothingToChange
    old, new = choices_of(found.rules), choices_of(tried)
    shown: dict[str, Any] = {
        "workspace": found.workspace,
        "section": "/workspace",
        "connection": found,
        "chosen": draft.chosen,
        "brake": draft.brake,
        "old": old,
        "new": new,
        "groups": Groups(names=await names_of_mapped(visit, found.id, old, new)),
        "warnings": await _warnings(visit, found, tried),
        "problem": None if error is None else complaint_of(error),
    }
    if not changes_rules:
        return visit.page("rules_preview.html", people=None, found=None, previewed="", **shown)
    of = await count_people(visit.it, visit.actor, found.id)
    pages, asked = ("rules_preview.html", "rules_effects.html"), WhatIf(draft.chosen)
    return await arriving(visit, *pages, found.id, asked, people=of.active + of.inactive, **shown)


async def _save(visit: Visit, found: ConnectionInUse, draft: Draft) -> Response:
    """Save the previewed draft, unless rules or brake are others by now."""
    tried = await validate_rules(visit.it, visit.actor, found.id, draft.chosen)
    given = RuleChoices() if tried == found.rules else draft.chosen
    seen = visit.form.text("seen")
    found.check_settings(seen or None)
    try:
        if tried != found.rules:
            await check_final(visit, found.id)
    except (EffectsChanged, NotTypedSo) as error:
        return await _preview(visit, found, draft, error)
    brake = None if draft.brake.brake == found.brake else draft.brake.brake
    done = await change_connection(visit.it, visit.actor, found.id, given, brake, seen=seen)
    return visit.redirect(visit.url(f"/connections/{found.id}/rules"), _told(done))


def _told(done: ChangedRules) -> str:
    told = "Saved."
    if done.marked:
        told += f" {number_of_people(done.marked)} {'is' if done.marked == 1 else 'are'} gone over"
        told += " with the new rules."
    if done.left_alone:
        told += f" {len(done.left_alone):,} who have left before are left alone."
    return told


async def _policies(visit: Visit, found: ConnectionInUse) -> tuple[str, ...]:
    return tuple(await list_policies(visit.it, visit.actor, found.workspace))


async def _groups(visit: Visit, found: ConnectionInUse, chosen: RuleChoices) -> Groups:
    """Return the first groups that were pushed, to choose from, and names of those mapped."""
    seen = await page_seen_groups(visit.it, visit.actor, found.id)
    return Groups(seen.items, await names_of_mapped(visit, found.id, chosen), seen.next is not None)


async def _warnings(
    visit: Visit, found: ConnectionInUse, tried: Rules | None = None
) -> tuple[str, ...]:
    """Return the warnings of the mapping; of many the first ones, and the number of the others."""
    every = await mapping_warnings(visit.it, visit.actor, found.id, tried)
    more = len(every) - MOST_WARNINGS
    return (*every[:MOST_WARNINGS], *([f"and {more:,} more lines like these"] if more > 0 else []))


ROUTES = (
    Route("/connections/{connection}/rules", rules),
    Route("/connections/{connection}/rules", change, methods=["POST"]),
)
