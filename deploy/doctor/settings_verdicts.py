"""Do the settings make sense together? Values that contradict each other are told. Pure."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from api.admin.examination import Finding
from api.connection_urls import SCIM_PREFIX
from contracts.servers import servers_in
from deploy.doctor.findings import fine, problem, warning
from deploy.settings import Reading, Settings
from deploy.variable_names import variable_of

ABOUT = "settings"

STOCK_PASSWORDS = frozenset(
    {"", "admin", "change-me", "changeme", "guest", "muster", "password", "postgres", "secret"}
)
"""Passwords that servers are delivered with, or that examples name."""

SHORTEST_TOKEN = 32
"""Characters of a token that takes too long to guess, if it was drawn at random."""

FEWEST_SIGNS = 10
"""Different characters that a random token of that length has at least."""


def settings_verdicts(reading: Reading) -> Sequence[Finding]:
    """Return a finding for each thing that is wrong with the settings, else that all is well."""
    found = [*_not_understood(reading), *_contradictions(reading.settings)]
    return found or [fine(ABOUT, "All variables in Muster's name are settings, and fit together.")]


def _not_understood(reading: Reading) -> Iterator[Finding]:
    for complaint in reading.unknown:
        name, _, advice = complaint.partition(" is no setting: ")
        yield problem(ABOUT, "unknown-variable", f"{name} is no setting of Muster.", advice)
    for name, complaint in reading.invalid.items():
        accepts = complaint.partition(": it takes ")[2]
        says = f"The value of {variable_of(name)} is not valid."
        yield problem(ABOUT, "invalid-value", says, f"it takes {accepts}")


def _contradictions(settings: Settings) -> Iterator[Finding]:
    yield from _parts(settings)
    yield from _public_url(settings)
    yield from _ports(settings)
    yield from _bounds(settings)
    yield from _passwords(settings)
    token = settings.admin_token
    if token and (weak := token_verdict(variable_of("admin_token"), token.get_secret_value())):
        yield weak


def _parts(settings: Settings) -> Iterator[Finding]:
    if settings.broker_url and settings.uses_sqlite:
        yield problem(
            ABOUT,
            "several-processes-on-sqlite",
            "MUSTER_BROKER_URL is for several processes, and a database is a SQLite file, which"
            " belongs to a single one.",
            "set both database URLs to PostgreSQL, or unset MUSTER_BROKER_URL",
        )
    if settings.sweep_seconds == 0:
        yield warning(
            ABOUT,
            "no-sweep",
            "MUSTER_SWEEP_SECONDS is 0: events that are lost on their way stay lost.",
            "unset it, or run muster reconcile --fix on a schedule",
        )


def _public_url(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.base)
    host = url.hostname or ""
    if is_unspecified(host):
        yield problem(
            ABOUT,
            "no-public-url",
            f"Base URLs begin with {settings.base}, which no provider can call.",
            "set MUSTER_PUBLIC_URL to the URL under which providers reach the api",
        )
    elif url.scheme == "http" and not is_loopback(host):
        yield problem(
            ABOUT,
            "no-https",
            f"Base URLs begin with http://{host}: Okta and Entra ID call https:// only, and tokens"
            " travel unencrypted.",
            "put a proxy with TLS in front, and set MUSTER_PUBLIC_URL to its https:// URL",
        )
    if SCIM_PREFIX in f"{url.path}/" or url.path.rstrip("/").endswith("/scim"):
        yield problem(
            ABOUT,
            "prefix-in-public-url",
            f"MUSTER_PUBLIC_URL ends with {url.path}, and base URLs add {SCIM_PREFIX} to it.",
            f"set MUSTER_PUBLIC_URL without {url.path}",
        )


def _ports(settings: Settings) -> Iterator[Finding]:
    listeners = [
        ("port", settings.host, settings.port),
        ("metrics_port", settings.metrics_host, settings.metrics_port),
        ("admin_port", settings.admin_host, settings.admin_port),
    ]
    for number, (name, host, port) in enumerate(listeners):
        for other, other_host, other_port in listeners[number + 1 :]:
            overlap = host == other_host or is_unspecified(host) or is_unspecified(other_host)
            if port and port == other_port and overlap:
                yield problem(
                    ABOUT,
                    "same-port",
                    f"{variable_of(name)} and {variable_of(other)} are both {port}.",
                    f"set {variable_of(other)} to another port",
                )


def _bounds(settings: Settings) -> Iterator[Finding]:
    for smaller, larger in (
        ("largest_bulk", "largest_body"),
        ("largest_user", "largest_body"),
        ("searches_each", "searches"),
        ("most_connections_per_address", "most_connections"),
    ):
        if getattr(settings, smaller) > getattr(settings, larger):
            yield warning(
                ABOUT,
                "bound-beyond-bound",
                f"{variable_of(smaller)} is larger than {variable_of(larger)}, which holds.",
                f"raise {variable_of(larger)}, or lower {variable_of(smaller)}",
            )


def _passwords(settings: Settings) -> Iterator[Finding]:
    for name in ("directory_database_url", "downstream_database_url", "broker_url"):
        text = getattr(settings, name)
        if not text or text.startswith("sqlite"):
            continue
        parts = urlsplit(servers_in(text)[1])
        hosts = [server.host for server in servers_in(text)[0]]
        password = parts.password
        is_local = all(map(is_loopback, hosts))
        if password is not None and unquote(password).lower() in STOCK_PASSWORDS:
            tell = warning if is_local else problem
            yield tell(
                ABOUT,
                "stock-password",
                f"{variable_of(name)} has a password that servers are delivered with.",
                "give that user a random password, on the server and in the URL",
            )


def token_verdict(variable: str, token: str) -> Finding | None:
    """Return a finding about a token of the settings that could be guessed; None if it is strong.

    :param token: is never told, and neither is its length.
    """
    if not token:
        return None
    is_weak = len(token) < SHORTEST_TOKEN or len(set(token)) < FEWEST_SIGNS
    if not is_weak and token.lower() not in STOCK_PASSWORDS:
        return None
    return problem(
        ABOUT,
        "weak-token",
        f"{variable} can be guessed: it is short, or has few different characters.",
        f"set {variable} to the output of: openssl rand -hex 32",
    )


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, to which no other machine has access."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_unspecified(host: str) -> bool:
    """Return whether a host stands for all addresses of this machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
