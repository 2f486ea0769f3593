"""What happens to personal data? All that can, on both sides, the worst included."""

from dataclasses import dataclass

from tests.personal_data.installation import Installation, until
from tests.personal_data.marks import FOREIGN_NAME, NAME, email, personal
from tests.personal_data.pushes import (
    ADMINS,
    Provider,
    ask_nonsense,
    look_up,
    push_nonsense,
    push_people,
    speak_no_http,
)
from tests.personal_data.spoiled import (
    FORGOTTEN_LEAVING,
    LAST_TRY,
    TWINS_ARE_REFUSED,
    UNREADABLE_MARK,
    UNREADABLE_REFUSAL,
    quote_no_rows,
    quote_rows,
)

REFUSALS = {"conflict", "no_email", "last_admin", "protected", "unknown_policy"}

TOLD = (
    "scim_request_answered",
    "request_failed",
    "unknown_members_dropped",
    "relay_failed",
    "mark_unreadable",
    "event_handled",
    "device_changed",
    "event_delayed",
    "event_failed",
    "replan_failed",
    "leavers_unknown_to_directory",
)
"""What both sides log of all this; without one of them the story has not happened."""

COMMANDS: dict[tuple[str, ...], int] = {
    ("status",): 0,
    ("failures", "list"): 0,
    ("failures", "show"): 0,
    ("people", "show", "acme-store", email("nobody-of-this-name")): 2,
    ("resync", "--all"): 0,
    ("reconcile", "--fix"): 1,  # it leaves somebody alone
    ("failures", "retry"): 0,
    ("requests", "acme-store", "--limit", "10000"): 0,
    ("requests", "acme-dashboard", "--errors"): 0,
}
"""What an operator calls at the end, and how it ends."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Two directories for one store, so that they are in each other's way, and two more portals.

    The second one of the dashboard gives no roles.
    """

    store: Provider
    other_store: Provider
    dashboard: Provider
    other_dashboard: Provider
    mdm: Provider


async def open_connections(installation: Installation) -> Connections:
    """Switch SCIM on everywhere; one connection names a policy that goes later."""
    await installation.command("policies", "add", "acme", "Quarantine")
    employees = ("--on-create", "create-employee", "--on-deactivate", "remove-employee")
    return Connections(
        await installation.connect("store", *employees),
        await installation.connect("store", *employees),
        await installation.connect(
            "dashboard",
            *("--on-create", "create-collaborator", "--map-role", f"{ADMINS}=admin"),
            *("--on-deactivate", "remove-collaborator"),
        ),
        await installation.connect("dashboard"),
        await installation.connect(
            "mdm",
            *("--on-create", "create-mdm-employee"),
            *("--on-deactivate", "change-policy", "--policy", "Quarantine"),
        ),
    )


async def live(installation: Installation, connections: Connections) -> None:
    """Push everything, and break everything."""
    store = connections.store
    await push_people(store)
    await look_up(store)
    await push_nonsense(store)
    await ask_nonsense(store)
    await speak_no_http(store.base_url)
    await be_refused(installation, connections)
    await fail_on_the_way_in(installation, store)
    await fail_downstream(installation, store)
    await forget_a_leaver(installation, connections.other_store)


async def be_refused(installation: Installation, connections: Connections) -> None:
    """Let the worker refuse actions, for every reason, and change a device."""
    await connections.store.user("conflict")
    await connections.other_store.user("conflict")
    await connections.store.user("nobody", userName=personal("no at"), emails=[])
    admin = await connections.dashboard.user("admin")
    await connections.dashboard.group(ADMINS, admin)
    holders = [await connections.mdm.user(f"holder-{number}") for number in range(2)]
    by_hand = ("acme", "dashboard", email("by-hand"), "--role", "editor")
    await installation.command("accounts", "add", *by_hand)
    adopted = await connections.other_dashboard.user("by-hand")

    async def are_there() -> bool:
        held = await installation.found_downstream(
            "SELECT account_id FROM sync_records WHERE portal <> 'store' AND account_id IS NOT NULL"
        )
        admins = await installation.found_downstream("SELECT id FROM accounts WHERE role = 'admin'")
        return len(held) == 2 + len(holders) and len(admins) == 1

    await until(are_there)
    await installation.downstream("DELETE FROM policies")
    for number, holder in enumerate(holders):
        serial = f"{NAME}-laptop-{number}"
        address = email(f"holder-{number}")
        await installation.command("devices", "add", "acme", serial, "--assigned-to", address)
        await _leave(connections.mdm, holder)
        if number == 0:
            await until(lambda: _refused(installation, {"unknown_policy"}))
            await installation.command("policies", "add", "acme", "Quarantine")
    await _leave(connections.dashboard, admin)
    elsewhere = {"value": email("elsewhere"), "primary": True}
    change = {"op": "replace", "path": "emails", "value": [elsewhere]}
    await connections.other_dashboard.patch(f"/Users/{adopted}", change)
    await until(lambda: _refused(installation, REFUSALS - {"unknown_policy"}))


async def fail_on_the_way_in(installation: Installation, store: Provider) -> None:
    """Let the directory fail, for a request and for the relay, and spoil what it has stored."""
    url = installation.settings["MUSTER_DIRECTORY_DATABASE_URL"]
    await installation.in_directory(*quote_rows(url, "users", "user_name_key", "explode"))
    body = {"userName": f"{NAME}-explode-{FOREIGN_NAME}", "schemas": [NAME]}
    await store.send("POST", "/Users", body, 500)
    await installation.in_directory(quote_no_rows(url, "users"))
    unreadable = await store.user("unreadable")
    await installation.in_directory(*quote_rows(url, "identities", "profile", "stuck", on="UPDATE"))
    await store.user("stuck")
    await _told(installation, "relay_failed")
    await installation.in_directory(quote_no_rows(url, "identities"), UNREADABLE_MARK % unreadable)
    await _told(installation, "mark_unreadable")


async def fail_downstream(installation: Installation, store: Provider) -> None:
    """Let events fail at once and in the end, and a refused one when it is planned again."""
    url = installation.settings["MUSTER_DOWNSTREAM_DATABASE_URL"]
    await installation.downstream(
        TWINS_ARE_REFUSED, *quote_rows(url, "accounts", "email_key", "poisoned")
    )
    await store.user("poisoned")
    twin = {"name": {"familyName": personal("twin")}}
    twins = [await store.user(place, **twin) for place in ("one twin", "other twin")]
    await _told(installation, "event_delayed")
    # Nobody knows which of them came first; the other one's event changes what it made.
    await installation.in_directory(*(LAST_TRY % each for each in twins))

    async def have_failed() -> bool:
        kinds = await installation.found_downstream("SELECT kind FROM failures")
        return kinds == {"permanent", "exhausted"}

    await until(have_failed)
    [nobody] = await installation.found_downstream(
        "SELECT identity FROM refusals WHERE reason = 'no_email'"
    )
    await installation.downstream(UNREADABLE_REFUSAL % nobody)
    await _told(installation, "replan_failed")


async def forget_a_leaver(installation: Installation, store: Provider) -> None:
    """Let the directory lose that somebody has left, as after a restore."""
    leaver = await store.user("forgotten")
    await _leave(store, leaver)

    async def has_left() -> bool:
        found = await installation.found_downstream(
            "SELECT identity FROM sync_records WHERE deactivated_at > 0"
        )
        return leaver in found

    await until(has_left)
    await installation.in_directory(FORGOTTEN_LEAVING % leaver)
    await _told(installation, "leavers_unknown_to_directory")


async def shown_by(installation: Installation, *more: tuple[str, ...]) -> dict[str, str]:
    """Return all that is shown to whoever operates it: metrics, failures, commands."""
    shown = await installation.metrics() | await installation.failures()
    for command, status in (COMMANDS | dict.fromkeys(more, 0)).items():
        for options in ((), ("--json",)):
            called = (*command, *options)
            shown[" ".join(called)] = await installation.command(*called, status=status)
    return shown


async def _leave(provider: Provider, person: str) -> None:
    await provider.patch(f"/Users/{person}", {"op": "replace", "path": "active", "value": False})


async def _refused(installation: Installation, reasons: set[str]) -> bool:
    found = await installation.found_downstream("SELECT reason FROM refusals")
    return reasons <= found


async def _told(installation: Installation, event: str) -> None:
    async def is_told() -> bool:
        return installation.logged(event)

    await until(is_told)
