"""What can be wrong with an installation? Each row does one thing wrong, and names the finding."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.integration.deploy.doctor import (
    wrong_brokers,
    wrong_files,
    wrong_ports,
    wrong_proxies,
    wrong_servers,
    wrong_settings,
)
from tests.integration.deploy.doctor.installation import Installation

Spoil = Callable[[Installation], Awaitable[None]]


class Base(StrEnum):
    """The installation in which a thing is done wrong."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"
    RABBITMQ = "rabbitmq"


@dataclass(frozen=True, slots=True)
class Misconfiguration:
    """A way to set an installation up wrongly.

    :param code: the code of the finding that names it; no other finding may come with it.
    :param tells: a part of the finding's sentence or advice.
    """

    spoil: Spoil
    code: str
    tells: str
    base: Base = Base.SQLITE

    @property
    def name(self) -> str:
        """Return the words of the function that does it."""
        return self.spoil.__name__.replace("_", " ")


SQLITE, POSTGRES, RABBITMQ = Base.SQLITE, Base.POSTGRES, Base.RABBITMQ

MISCONFIGURATIONS = (
    Misconfiguration(wrong_settings.a_mistyped_variable, "unknown-variable", "MUSTER_PORT"),
    Misconfiguration(wrong_settings.a_value_in_words, "invalid-value", "0 or more"),
    Misconfiguration(wrong_settings.one_port_for_two, "same-port", "MUSTER_METRICS_PORT"),
    Misconfiguration(wrong_settings.no_public_url, "no-public-url", "MUSTER_PUBLIC_URL"),
    Misconfiguration(wrong_settings.the_prefix_twice, "prefix-in-public-url", "/scim/v2"),
    Misconfiguration(wrong_settings.no_sweep, "no-sweep", "MUSTER_SWEEP_SECONDS"),
    Misconfiguration(
        wrong_settings.a_bulk_beyond_a_body, "bound-beyond-bound", "MUSTER_LARGEST_BULK"
    ),
    Misconfiguration(
        wrong_settings.a_broker_beside_sqlite, "several-processes-on-sqlite", "SQLite", RABBITMQ
    ),
    Misconfiguration(wrong_files.no_file_there, "file-missing", "MUSTER_DIRECTORY_DATABASE_URL"),
    Misconfiguration(wrong_files.a_folder, "no-file", "is no file"),
    Misconfiguration(wrong_files.only_the_log, "file-lost", "put the file back"),
    Misconfiguration(wrong_files.a_letter, "no-sqlite-file", "backup"),
    Misconfiguration(wrong_files.an_empty_file, "schema-missing", "muster migrate"),
    Misconfiguration(wrong_files.an_older_schema, "schema-older", "muster migrate"),
    Misconfiguration(wrong_files.a_newer_schema, "schema-newer", "newer version"),
    Misconfiguration(wrong_files.the_sides_exchanged, "databases-swapped", "exchange"),
    Misconfiguration(wrong_files.a_file_for_everybody, "open-to-others", "chmod"),
    Misconfiguration(wrong_servers.a_closed_port, "nothing-answers", "start", POSTGRES),
    Misconfiguration(wrong_servers.no_such_database, "no-database", "CREATE DATABASE", POSTGRES),
    Misconfiguration(wrong_servers.no_such_user, "refused-user", "user", POSTGRES),
    Misconfiguration(wrong_servers.another_server, "not-postgres", "PostgreSQL", RABBITMQ),
    Misconfiguration(
        wrong_servers.no_root_certificate, "tls-file-unusable", "/muster-test/none.pem", POSTGRES
    ),
    Misconfiguration(
        wrong_servers.no_password_file, "password-file-unusable", "/muster-test/none", POSTGRES
    ),
    Misconfiguration(wrong_servers.a_standby, "read-only", "takes no writes", POSTGRES),
    Misconfiguration(
        wrong_servers.a_pooler_of_transactions, "shared-sessions", "pool_mode", POSTGRES
    ),
    Misconfiguration(wrong_servers.an_empty_database, "schema-missing", "migrate", POSTGRES),
    Misconfiguration(wrong_servers.another_encoding, "encoding", "UTF8", POSTGRES),
    Misconfiguration(wrong_servers.few_sessions, "few-sessions", "CONNECTION LIMIT", POSTGRES),
    Misconfiguration(wrong_servers.a_user_without_rights, "no-rights", "grant", POSTGRES),
    Misconfiguration(wrong_brokers.a_closed_port, "not-reached", "start", RABBITMQ),
    Misconfiguration(wrong_brokers.another_server, "no-amqp", "port", RABBITMQ),
    Misconfiguration(wrong_brokers.a_wrong_password, "refused-user", "password", RABBITMQ),
    Misconfiguration(wrong_brokers.no_such_virtual_host, "hangs-up", "virtual host", RABBITMQ),
    Misconfiguration(wrong_brokers.another_prefix, "topology-missing", "topology apply", RABBITMQ),
    Misconfiguration(
        wrong_brokers.a_queue_of_another_kind, "topology-differs", ".urgent", RABBITMQ
    ),
    Misconfiguration(wrong_brokers.a_dead_letter, "dead-letters", "1 messages", RABBITMQ),
    Misconfiguration(wrong_brokers.no_worker, "no-worker", "start a worker", RABBITMQ),
    Misconfiguration(wrong_proxies.nothing_listens, "not-running", "muster run"),
    Misconfiguration(wrong_proxies.it_eats_the_token, "authorization-lost", "Authorization"),
    Misconfiguration(wrong_proxies.it_strips_the_prefix, "path-changed", "paths on unchanged"),
    Misconfiguration(wrong_proxies.it_refuses_slashes, "encoded-slash-refused", "%2F"),
    Misconfiguration(wrong_proxies.it_decodes_paths, "path-decoded", "decoded"),
    Misconfiguration(wrong_proxies.it_shows_a_login, "page-for-people", "login"),
    Misconfiguration(wrong_proxies.it_asks_for_a_password, "proxy-asks-for-login", "login"),
    Misconfiguration(wrong_proxies.it_insists_on_https, "redirected-to-https", "https://scim"),
    Misconfiguration(wrong_proxies.it_redirects, "redirected", "redirected"),
    Misconfiguration(wrong_proxies.it_takes_a_megabyte, "body-limited", "client_max_body_size"),
    Misconfiguration(wrong_proxies.it_keeps_bodies_back, "body-held-back", "complete"),
    Misconfiguration(wrong_proxies.it_knows_no_patch, "method-refused", "PATCH"),
    Misconfiguration(wrong_proxies.it_fears_quotes, "query-refused", "quotes"),
    Misconfiguration(wrong_proxies.it_leads_nowhere, "proxy-without-muster", "start the api"),
    Misconfiguration(wrong_proxies.it_is_another_service, "another-service", "404"),
    Misconfiguration(wrong_proxies.it_never_answers, "late", "in time"),
    Misconfiguration(wrong_proxies.its_clock_is_wrong, "clocks-differ", "NTP"),
    Misconfiguration(wrong_proxies.it_speaks_no_tls, "no-tls", "TLS"),
    Misconfiguration(wrong_proxies.an_expired_certificate, "certificate-expired", "renew"),
    Misconfiguration(
        wrong_proxies.a_certificate_of_others, "certificate-of-others", "certificate for"
    ),
    Misconfiguration(
        wrong_proxies.a_certificate_of_nobody, "certificate-untrusted", "public authority"
    ),
    Misconfiguration(wrong_proxies.a_certificate_at_its_end, "certificate-expires", "5 days"),
    Misconfiguration(wrong_ports.the_port_of_others, "port-taken", "MUSTER_PORT"),
    Misconfiguration(wrong_ports.metrics_of_others, "port-taken", "MUSTER_METRICS_PORT"),
    Misconfiguration(wrong_ports.the_address_of_others, "no-address-here", "MUSTER_HOST"),
)
