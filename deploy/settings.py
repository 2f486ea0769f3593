"""Which settings exist? This module lists all of them, and alone reads the environment."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import ArgumentError

from api.fairness.rate_bucket import Rate
from api.fairness.share_sizes import ShareSizes
from api.outbox.parcels import LARGEST_EVENT
from api.outbox.room import MOST_WAITING
from api.requests.client_address import TrustedProxies, networks_in
from api.scim.protocol.limits import Limits
from contracts.identities_changed import LARGEST_BUNDLE
from contracts.secure_connections.broker_urls import BrokerUrl
from contracts.secure_connections.parameters import UrlRefused, parameters_in
from contracts.secure_connections.passwords import PASSWORD_FILE, with_password_file
from contracts.servers import query_in, servers_in
from contracts.topology import MOST_MESSAGES, Lane
from deploy.connection_bounds import Bounds
from deploy.database_urls import async_url
from deploy.errors import DeployError
from deploy.variable_names import ENVIRONMENT_PREFIX, complaints_about, variable_of

DEFAULT_LIMITS, DEFAULT_SHARES = Limits(), ShareSizes()
DEFAULT_BOUNDS, DEFAULT_RATE = Bounds(), Rate()

LEAST_RATE, LEAST_BURST, MOST_RATE = 25, 200, 1_000_000
"""Requests a second and at once. Entra ID asks for 25 a second at least without being refused."""

SHORTEST_ADMIN_TOKEN = 32
"""Characters of the operator's token, which opens everything. As many hexadecimal digits have 128
bits."""

CONSOLE_PATH = "/console"
"""The path of the console, which its URL may end with or leave out."""

TRACES_PATH = "/v1/traces"
"""The path of traces below the address of a collector (OTLP/HTTP), with which some write it."""

DATABASE_URLS = (
    "a postgresql:// URL (one host or several with commas between, no parameter but"
    " target_session_attrs, which is any, read-write or primary, and sslmode, sslrootcert, sslcert"
    " and sslkey, whose files need sslmode=verify-full, verify-ca or require) or a sqlite:/// URL"
)

ServerSetting = Literal["directory_database_url", "downstream_database_url", "broker_url"]
"""The settings that name servers. Each has a companion that names the file of the password."""


class InvalidSetting(DeployError):
    """A variable is unknown, or does not accept its value. The message never quotes the value."""


def _database_url(text: str) -> str:
    try:
        async_url(text)
    except UrlRefused:
        raise
    except (ArgumentError, ValueError):
        raise ValueError from None
    return _without_password_file(text)


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if text and not (parts.scheme in ("http", "https") and parts.hostname and plain):
        raise ValueError
    return text.rstrip("/")


def _collector_url(text: str) -> str:
    """Return the URL of a collector without the path of traces, which its sender adds."""
    return _public_url(text).removesuffix(TRACES_PATH)


def _console_url(text: str) -> str:
    """Return the console's URL without its path, in the form in which browsers write it."""
    parts = urlsplit(_public_url(text))
    if parts.path not in ("", CONSOLE_PATH) or parts.port == 0:
        raise ValueError
    default = ":443" if parts.scheme == "https" else ":80"
    return text and f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


def _broker_url(text: str) -> str:
    if text:
        BrokerUrl(text)
    return _without_password_file(text)


def _without_password_file(url: str) -> str:
    """Refuse a URL that names the file of its password, for which there is a setting."""
    if PASSWORD_FILE in parameters_in(query_in(url)):
        raise ValueError
    return url


def _takes_password(url: str) -> bool:
    """Return whether a URL names a user of a server, and no password."""
    parts = urlsplit(servers_in(url)[1])
    return bool(parts.username) and parts.password is None


def _password_file(url: str) -> Any:
    return Field(
        description=f"the path of a file that holds the password of the user in {url}, which then"
        " names no password itself"
    )


def _networks(text: str) -> str:
    networks_in(text)
    return text


def _off_as_none(value: object) -> object:
    return 0 if isinstance(value, str) and value.strip().lower() == "off" else value


def _rate(requests: int) -> int:
    if requests < 0 or 0 < requests < LEAST_RATE or requests > MOST_RATE:
        raise ValueError
    return requests


class Settings(BaseSettings):
    """Every setting, as ``MUSTER_<NAME>`` in the environment. Descriptions tell accepted values."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        frozen=True,
        env_ignore_empty=True,
        str_strip_whitespace=True,  # a Secret made from a file ends with the file's newline
    )

    directory_database_url: Annotated[
        str,
        AfterValidator(_database_url),
        Field(description=DATABASE_URLS),
    ] = "sqlite:///var/directory.sqlite3"
    directory_database_password_file: Annotated[
        Path | None, _password_file("MUSTER_DIRECTORY_DATABASE_URL")
    ] = None
    downstream_database_url: Annotated[
        str,
        AfterValidator(_database_url),
        Field(description=DATABASE_URLS),
    ] = "sqlite:///var/downstream.sqlite3"
    downstream_database_password_file: Annotated[
        Path | None, _password_file("MUSTER_DOWNSTREAM_DATABASE_URL")
    ] = None
    broker_url: Annotated[
        str,
        AfterValidator(_broker_url),
        Field(
            description="an amqp:// or amqps:// URL (one host or several with commas between; of"
            " amqps:// the parameters cafile, certfile, keyfile and verify, which is verify_peer or"
            " verify_none), or nothing for the embedded transport"
        ),
    ] = ""
    broker_password_file: Annotated[Path | None, _password_file("MUSTER_BROKER_URL")] = None
    broker_prefix: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_.-]{1,64}$",
            description="letters, digits, dots, - and _: the beginning of the names on the broker",
        ),
    ] = "muster"
    host: Annotated[str, Field(min_length=1, description="the address to listen on")] = "127.0.0.1"
    port: Annotated[
        int, Field(ge=0, le=65535, description="a port, 1 to 65535 (0: any free one)")
    ] = 8000
    admin_host: Annotated[
        str, Field(min_length=1, description="the address to listen on for administrators")
    ] = "127.0.0.1"
    admin_port: Annotated[
        int, Field(ge=0, le=65535, description="a port, 1 to 65535 (0: any free one)")
    ] = 8001
    admin_token: Annotated[
        SecretStr | None,
        Field(
            min_length=SHORTEST_ADMIN_TOKEN,
            description=f"at least {SHORTEST_ADMIN_TOKEN} characters that are hard to guess: the"
            " operator's token for the admin API",
        ),
    ] = None
    console: Annotated[
        bool,
        Field(description="true or false: whether the console is served beside the admin API"),
    ] = True
    console_url: Annotated[
        str,
        AfterValidator(_console_url),
        Field(
            description="the http:// or https:// URL at which browsers reach the console, as"
            " https://muster.example.com/console/, or nothing if only their requests tell it"
        ),
    ] = ""
    public_url: Annotated[
        str,
        AfterValidator(_public_url),
        Field(description="an http:// or https:// URL that base URLs are built on"),
    ] = ""
    trusted_proxies: Annotated[
        str,
        AfterValidator(_networks),
        Field(
            description="addresses and networks with commas between, as 10.0.0.0/8 or 192.0.2.7:"
            " the proxies in front of the api"
        ),
    ] = ""
    most_connections: Annotated[
        int, Field(ge=16, le=100_000, description="connections to the api, 16 to 100000")
    ] = DEFAULT_BOUNDS.connections
    most_connections_per_address: Annotated[
        int, Field(ge=1, description="connections from one address, 1 or more")
    ] = DEFAULT_BOUNDS.connections_per_address
    head_timeout: Annotated[
        float, Field(gt=0, description="seconds that a request's head may take, more than 0")
    ] = DEFAULT_BOUNDS.head_seconds
    metrics_host: Annotated[
        str, Field(min_length=1, description="the address where operators see metrics and health")
    ] = "127.0.0.1"
    metrics_port: Annotated[
        int, Field(ge=0, le=65535, description="a port, 1 to 65535 (0: any free one)")
    ] = 9464
    sweep_seconds: Annotated[
        int, Field(ge=0, description="seconds between sweeps, 0 or more (0: never)")
    ] = 600
    largest_event: Annotated[
        int,
        Field(
            ge=65_536,
            le=134_217_728,
            description="bytes of one event, 65536 to 134217728 and no more than the broker takes",
        ),
    ] = LARGEST_EVENT
    largest_bundle: Annotated[
        int,
        Field(
            ge=1,
            le=LARGEST_BUNDLE[Lane.BULK],
            description="events in one message of the broker, 1 to"
            f" {LARGEST_BUNDLE[Lane.BULK]} (1: each event is a message)",
        ),
    ] = LARGEST_BUNDLE[Lane.BULK]
    most_waiting: Annotated[
        int,
        Field(
            ge=100,
            le=MOST_MESSAGES,
            description=f"events of the bulk lane that wait on the broker, 100 to {MOST_MESSAGES}",
        ),
    ] = MOST_WAITING
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(str.lower),
        Field(description="debug, info, warning or error"),
    ] = "info"
    log_format: Annotated[
        Literal["console", "json"],
        BeforeValidator(str.lower),
        Field(description="console or json"),
    ] = "console"

    tracing_endpoint: Annotated[
        str,
        AfterValidator(_collector_url),
        Field(
            description="the http:// or https:// URL of a collector that takes OTLP over HTTP, as"
            " http://collector:4318, or nothing for no traces"
        ),
    ] = ""
    tracing_ratio: Annotated[
        float, Field(ge=0, le=1, description="the share of SCIM requests that are traced, 0 to 1")
    ] = 0.1

    api_docs: Annotated[
        bool | None,
        Field(description="true or false: whether the api describes itself under /docs"),
    ] = None

    largest_body: Annotated[int, Field(ge=1024, description="bytes of a request, 1024 or more")] = (
        DEFAULT_LIMITS.body_bytes
    )
    body_timeout: Annotated[
        float, Field(gt=0, description="seconds that a request's body may take, more than 0")
    ] = DEFAULT_LIMITS.body_seconds
    largest_page: Annotated[
        int, Field(ge=1, le=10_000, description="resources in one answer, 1 to 10000")
    ] = DEFAULT_LIMITS.page_size
    cursor_lifetime: Annotated[
        int, Field(ge=1, description="seconds that the cursor of a page holds, 1 or more")
    ] = DEFAULT_LIMITS.cursor_seconds
    largest_bulk: Annotated[
        int, Field(ge=1024, description="bytes of a bulk request, 1024 or more")
    ] = DEFAULT_LIMITS.bulk_bytes
    most_bulk_operations: Annotated[
        int, Field(ge=1, le=10_000, description="operations of a bulk request, 1 to 10000")
    ] = DEFAULT_LIMITS.bulk_operations
    most_patch_operations: Annotated[
        int, Field(ge=1, le=100_000, description="operations of one PATCH, 1 to 100000")
    ] = DEFAULT_LIMITS.patch_operations
    longest_value: Annotated[
        int,
        Field(ge=16_384, le=1_000_000, description="characters of one value, 16384 to 1000000"),
    ] = DEFAULT_LIMITS.value_characters

    largest_user: Annotated[
        int, Field(ge=16_384, le=4_000_000, description="characters of a user, 16384 to 4000000")
    ] = DEFAULT_LIMITS.user_characters
    page_bytes: Annotated[
        int, Field(ge=65_536, description="bytes after which a page ends, 65536 or more")
    ] = DEFAULT_LIMITS.page_bytes
    search_timeout: Annotated[
        float, Field(gt=0, description="seconds that a search may take, more than 0")
    ] = DEFAULT_LIMITS.search_seconds

    rate_each: Annotated[
        int,
        BeforeValidator(_off_as_none),
        AfterValidator(_rate),
        Field(
            description=f"requests a second of one connection, {LEAST_RATE} or more, or off"
            " (0 likewise)"
        ),
    ] = int(DEFAULT_RATE.per_second)
    burst_each: Annotated[
        int,
        Field(
            ge=LEAST_BURST,
            le=1_000_000,
            description=f"requests of one connection beyond its rate, after a time of silence,"
            f" {LEAST_BURST} to 1000000",
        ),
    ] = int(DEFAULT_RATE.burst)
    requests_each: Annotated[
        int, Field(ge=1, description="requests of one connection at once, 1 or more")
    ] = DEFAULT_SHARES.requests_each
    searches: Annotated[int, Field(ge=1, le=50, description="searches at once, 1 to 50")] = (
        DEFAULT_SHARES.searches
    )
    searches_each: Annotated[
        int, Field(ge=1, le=50, description="searches of one connection at once, 1 to 50")
    ] = DEFAULT_SHARES.searches_each
    writers_each: Annotated[
        int, Field(ge=1, le=6, description="transactions of one connection at once, 1 to 6")
    ] = DEFAULT_SHARES.writers_each
    share_patience: Annotated[
        float, Field(gt=0, description="seconds that a request waits for its share, more than 0")
    ] = DEFAULT_SHARES.patience

    @field_validator(
        "directory_database_password_file",
        "downstream_database_password_file",
        "broker_password_file",
    )
    @classmethod
    def _is_the_only_password(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        url = info.data.get(str(info.field_name).replace("_password_file", "_url"))
        if file is not None and url is not None and not _takes_password(url):
            raise ValueError
        return file

    def access_by(self, setting: ServerSetting) -> str:
        """Return the URL of a server, which names the file of its password if there is one."""
        url: str = getattr(self, setting)
        file: Path | None = getattr(self, setting.replace("_url", "_password_file"))
        return with_password_file(url, file) if file else url

    @property
    def rate(self) -> Rate | None:
        """The rate of requests of one connection; None: any."""
        return Rate(self.rate_each, self.burst_each) if self.rate_each else None

    @property
    def share_sizes(self) -> ShareSizes:
        """The share of a process that one SCIM connection may use."""
        return ShareSizes(
            requests_each=self.requests_each,
            searches=self.searches,
            searches_each=self.searches_each,
            writers_each=self.writers_each,
            patience=self.share_patience,
        )

    @property
    def limits(self) -> Limits:
        """The limits of one SCIM request."""
        return Limits(
            body_bytes=self.largest_body,
            body_seconds=self.body_timeout,
            page_size=self.largest_page,
            cursor_seconds=self.cursor_lifetime,
            bulk_operations=self.most_bulk_operations,
            bulk_bytes=min(self.largest_bulk, self.largest_body),
            patch_operations=self.most_patch_operations,
            value_characters=self.longest_value,
            user_characters=self.largest_user,
            page_bytes=self.page_bytes,
            search_seconds=self.search_timeout,
        )

    def shows_docs(self, *, by_default: bool) -> bool:
        """Return whether the api serves its documentation; the default holds without a setting."""
        return by_default if self.api_docs is None else self.api_docs

    @property
    def bounds(self) -> Bounds:
        """The bounds of the api's HTTP connections."""
        return Bounds(
            connections=self.most_connections,
            connections_per_address=self.most_connections_per_address,
            head_seconds=self.head_timeout,
        )

    @property
    def proxies(self) -> TrustedProxies:
        """The proxies whose word on the address of a client counts."""
        return TrustedProxies(networks_in(self.trusted_proxies))

    @property
    def base(self) -> str:
        """The URL under which providers reach the api."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def uses_sqlite(self) -> bool:
        """Return whether one of the databases is a SQLite file, which belongs to one process."""
        urls = (self.directory_database_url, self.downstream_database_url)
        return any(async_url(url).get_backend_name() == "sqlite" for url in urls)


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings of the environment, as far as they are understood.

    :param settings: the settings, with the default where a value is not accepted.
    :param unknown: a complaint about each variable that is no setting.
    :param invalid: a complaint about each setting whose value is not accepted, by its name. No
        complaint quotes a value.
    """

    settings: Settings
    unknown: Sequence[str]
    invalid: Mapping[str, str]


def read_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment.

    :raises InvalidSetting: when a setting cannot be used. It names the setting and its values, or
        for a variable that is no setting the nearest one that is.
    """
    if unknown := complaints_about(os.environ, Settings.model_fields):
        raise InvalidSetting("; ".join(unknown))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise InvalidSetting("; ".join(_complaints(error).values())) from None


def read_as_understood() -> Reading:
    """Read the settings from the environment, and note what cannot be used of it."""
    unknown = complaints_about(os.environ, Settings.model_fields)
    try:
        return Reading(Settings(), unknown, {})
    except ValidationError as error:
        invalid = _complaints(error)
    defaults: dict[str, Any] = {name: Settings.model_fields[name].default for name in invalid}
    return Reading(Settings(**defaults), unknown, invalid)


def _complaints(error: ValidationError) -> Mapping[str, str]:
    wrong = {str(it["loc"][0]): it.get("ctx", {}).get("error") for it in error.errors()}
    return {name: _complaint(name, cause) for name, cause in wrong.items()}


def _complaint(name: str, cause: object) -> str:
    accepts = Settings.model_fields[name].description
    why = f", because {cause}" if isinstance(cause, UrlRefused) else ""
    return f"{variable_of(name)} is not valid{why}: it takes {accepts}"
