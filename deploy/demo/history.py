"""What has happened in the demo workspace? People have joined, moved and left within a week.

Everything is a request of the provider or the work of an administrator. Some of it goes wrong: two
people share an address, the last Admin is to go, and more people leave at once than a brake lets.
"""

from collections.abc import Awaitable, Callable, Sequence

from api.admin.actors import COMMAND
from api.admin.brakes import change_brake
from api.admin.change_rules import change_rules
from api.admin.devices import (
    assign_device,
    change_device_policy,
    device_with_serial,
    list_devices,
)
from api.admin.lock_person import lock_person
from api.admin.rule_choices import RuleChoices
from contracts.rules import Portal
from deploy.demo import colleagues as who
from deploy.demo.colleagues import Colleague
from deploy.demo.past import Past

WORKSPACE = "demo"

POLICIES = STANDARD, FIELD, QUARANTINE = "Standard", "Field", "Quarantine"

BY_HAND = "grace@example.com"
"""A person who has an MDM account with devices, and is in no directory."""

DEVICES, WITHOUT_HOLDER = 24, 7
"""The numbers of devices of the workspace, and of those that have no holder at first."""

BRAKE = "3:10"
"""Tighter than a connection's own, which would let all people of so small a workspace leave."""

ADMINS, EDITORS, PRODUCT = "Muster Admins", "Muster Editors", "Product"
OPERATIONS, FIELD_TEAM, FIELD_ENGINEERS = "Operations", "Field team", "Field engineers"


async def live_through(past: Past) -> None:
    """Let each event happen at its hour."""
    for hours_ago, event in HISTORY:
        await past.goes_on(hours_ago)
        await event(past)


# --- the first day --------------------------------------------------------------------------


async def _credentials_are_tested(past: Past) -> None:
    store = past.apps[Portal.STORE]
    cut_off = store.credentials.token[:-1]
    await store.mistake("GET", "/Users?startIndex=1&count=2", token=cut_off)
    for app in past.apps.values():
        await app.test_credentials()


async def _everybody_is_assigned(past: Past) -> None:
    await _join(past, *who.FIRST)
    store, dashboard, mdm = (past.apps[it] for it in (Portal.STORE, Portal.DASHBOARD, Portal.MDM))
    await dashboard.push_group(ADMINS, who.ADMINS)
    await dashboard.push_group(EDITORS, who.EDITORS)
    await dashboard.push_group(PRODUCT, [who.DEV, who.ZOE, who.IVO])
    await store.push_group(OPERATIONS, [who.HANA, *who.FIELD_ENGINEERS])
    await mdm.push_group(FIELD_TEAM, who.FIELD_ENGINEERS)


async def _devices_are_handed_out(past: Past) -> None:
    field = {it.user_name for it in who.FIELD_ENGINEERS}
    managed = [it.user_name for it in who.FIRST if Portal.MDM in it.portals]
    holders = [BY_HAND, BY_HAND, *managed, *[None] * WITHOUT_HOLDER]
    for number, holder in enumerate(holders, start=1):
        policy = FIELD if holder in field else STANDARD
        await past.it.downstream.devices.add(
            WORKSPACE, serial(number), policy=policy, assigned_to=holder
        )


# --- the days after it ------------------------------------------------------------------------


async def _leavers_devices_are_to_be_locked_down(past: Past) -> None:
    choices = RuleChoices(on_deactivate="change-policy", policy=QUARANTINE)
    await change_rules(past.it, COMMAND, past.connection(Portal.MDM), choices)


async def _two_engineers_join(past: Past) -> None:
    await _join(past, who.TOVE, who.VIKTOR, who.UMA)


async def _they_get_devices(past: Past) -> None:
    await _assign(past, DEVICES, who.TOVE)
    await _assign(past, DEVICES - 1, who.VIKTOR)
    await past.apps[Portal.MDM].add_member(FIELD_TEAM, who.VIKTOR)


async def _a_seller_leaves(past: Past) -> None:
    await _leave(past, who.PRIYA)


async def _the_data_team_begins(past: Past) -> None:
    await _join(past, who.WANDA, who.XAVIER)
    store = past.apps[Portal.STORE]
    await store.mistake("POST", "/Users", who.XAVIER.profile())


async def _an_engineer_marries(past: Past) -> None:
    later = who.FARAH.married("Farah Winslow-Hale")
    for portal in who.FARAH.portals:
        await past.apps[portal].push_profile(later, before=who.FARAH)


async def _readers_write(past: Past) -> None:
    dashboard = past.apps[Portal.DASHBOARD]
    await dashboard.add_member(EDITORS, who.IVO)
    await dashboard.add_member(EDITORS, who.UMA)


async def _two_leave(past: Past) -> None:
    await _leave(past, who.ELIF, who.QUENTIN)


async def _one_is_deleted(past: Past) -> None:
    store = past.apps[Portal.STORE]
    await store.delete(who.QUENTIN)
    await store.mistake("GET", f"/Users/{store.ids[who.QUENTIN.user_name]}")


async def _a_phone_is_lost(past: Past) -> None:
    await lock_person(past.it, COMMAND, past.connection(Portal.MDM), who.MATEO.user_name)


async def _the_field_team_is_renamed(past: Past) -> None:
    await past.apps[Portal.MDM].rename_group(FIELD_TEAM, FIELD_ENGINEERS)


async def _sales_grow(past: Past) -> None:
    await _join(past, who.YARA, who.GWEN, who.HUGO)


async def _a_device_each(past: Past) -> None:
    await _assign(past, DEVICES - 2, who.YARA)
    await _assign(past, DEVICES - 3, who.GWEN)


async def _the_seller_returns(past: Past) -> None:
    for portal in who.PRIYA.portals:
        await past.apps[portal].reactivate(who.PRIYA)


async def _her_device_is_free_again(past: Past) -> None:
    [device] = [
        it
        async for it in list_devices(past.it, COMMAND, WORKSPACE)
        if it.assigned_to == who.PRIYA.user_name
    ]
    await change_device_policy(past.it, COMMAND, WORKSPACE, device.id, STANDARD)


async def _the_brake_is_tightened(past: Past) -> None:
    await change_brake(past.it, COMMAND, past.connection(Portal.STORE), BRAKE)


async def _an_admin_leaves(past: Past) -> None:
    await _leave(past, who.NADIA)


async def _the_last_admin_is_to_go(past: Past) -> None:
    await past.apps[Portal.DASHBOARD].remove_member(ADMINS, who.OWNER)


async def _managers_join(past: Past) -> None:
    await _join(past, who.INES, who.JONAS)


async def _a_project_ends(past: Past) -> None:
    await past.apps[Portal.STORE].deactivate(who.CONTRACTORS)


async def _support_grows(past: Past) -> None:
    await _join(past, who.KAYA)


async def _everything_is_read(past: Past) -> None:
    for app in past.apps.values():
        await app.ask("GET", "/Users?startIndex=1&count=100")


HISTORY: Sequence[tuple[float, Callable[[Past], Awaitable[None]]]] = (
    (143.9, _credentials_are_tested),
    (143.5, _everybody_is_assigned),
    (142, _devices_are_handed_out),
    (121, _leavers_devices_are_to_be_locked_down),
    (119.6, _two_engineers_join),
    (118, _they_get_devices),
    (114.3, _a_seller_leaves),
    (96.2, _the_data_team_begins),
    (94.7, _an_engineer_marries),
    (93, _readers_write),
    (73.5, _two_leave),
    (70.1, _a_phone_is_lost),
    (69.4, _the_field_team_is_renamed),
    (48.4, _sales_grow),
    (47, _a_device_each),
    (46.2, _one_is_deleted),
    (45.8, _the_seller_returns),
    (45.1, _her_device_is_free_again),
    (26, _the_brake_is_tightened),
    (24.5, _an_admin_leaves),
    (22.9, _the_last_admin_is_to_go),
    (5.1, _managers_join),
    (2.2, _a_project_ends),
    (0.4, _support_grows),
    (0.1, _everything_is_read),
)
"""The events, and the hours since each: within the week that the request log remembers."""

BEGAN = 144
"""Hours since SCIM was switched on."""


# --- steps of several events ------------------------------------------------------------------


async def _join(past: Past, *people: Colleague) -> None:
    for portal, app in past.apps.items():
        await app.assign(it for it in people if portal in it.portals)


async def _leave(past: Past, *people: Colleague) -> None:
    for portal, app in past.apps.items():
        await app.deactivate(it for it in people if portal in it.portals)


async def _assign(past: Past, number: int, person: Colleague) -> None:
    device = await device_with_serial(past.it, COMMAND, WORKSPACE, serial(number))
    await assign_device(past.it, COMMAND, WORKSPACE, device.id, person.user_name)


def serial(number: int) -> str:
    """Return the serial number of a device."""
    return f"DEMO-{number:03}"
