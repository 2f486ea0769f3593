"""How do tests get a RabbitMQ that speaks TLS? One in a container is given certificates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from testcontainers.core.container import DockerContainer

from tests.servers.certificates import Issued
from tests.servers.containers import RunningServer, run_container
from tests.servers.rabbitmq import (
    IN_MEMORY,
    LOOPBACK_OF_ERLANG,
    STANDARD_PORT,
    listen_on_loopback,
    wait_for_rabbitmq,
)
from tests.servers.services import ServiceSettings

TLS_PORT, TLS_BESIDE = 5671, 3
"""The port of TLS, and how many above the other port of the container it is reached."""

PLACE = "/tls"
CLIENTS, CERTIFICATE, KEY = f"{PLACE}/clients.pem", f"{PLACE}/server.pem", f"{PLACE}/server.key"

OPTIONS = (
    f'[{{cacertfile,"{CLIENTS}"}},{{certfile,"{CERTIFICATE}"}},{{keyfile,"{KEY}"}},'
    "{verify,verify_peer},{fail_if_no_peer_cert,true}]"
)
"""The TLS of the broker, in Erlang: every client has to show a certificate."""

READ_ANEW = "-ssl bypass_pem_cache true"
"""Certificates are read for each connection, so that an exchanged one is shown at once."""

LOGINS = "auth_mechanisms ['PLAIN','EXTERNAL'] ssl_cert_login_from common_name"
"""How a client may log in: with a password, or as the user that its certificate names."""

PLUGINS = "/etc/rabbitmq/enabled_plugins"


@dataclass(slots=True)
class SecuredRabbitmq:
    """A broker that speaks TLS as well, with certificates that can be exchanged.

    ``shown`` are its certificate and the authority of clients.
    """

    server: RunningServer
    shown: tuple[Issued, Path]

    @property
    def plain_url(self) -> str:
        """The URL of its user, without TLS."""
        return f"amqp://guest:guest@{self.server.host}:{self.server.port}/"

    def url(self, login: str = "guest:guest", /, **parameters: object) -> str:
        """Return a URL of TLS whose host is ``localhost``, with parameters.

        :param login: may be empty, for a client whose certificate says who it is.
        """
        query = "&".join(f"{name}={quote(str(it), safe='/')}" for name, it in parameters.items())
        place = f"localhost:{self.server.port + TLS_BESIDE}"
        return f"amqps://{login}{'@' if login else ''}{place}/?{query}"

    def show(self, issued: Issued, clients: Path) -> None:
        """Let the broker show this certificate from now on, and trust an authority of clients.

        Nothing is done if it does so already.
        """
        if self.shown == (issued, clients):
            return
        for file, place in _files(issued, clients).items():
            self.server.container.copy_into_container(file, place)
        self.shown = issued, clients

    def add_user(self, name: str, password: str) -> None:
        """Make a user who may do everything."""
        self._evaluate(
            f'add_user(<<"{name}">>, <<"{password}">>, <<"tests">>)',
            f'set_permissions(<<"{name}">>, <<"/">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)',
        )

    def change_password(self, name: str, password: str) -> None:
        """Give a user another password."""
        self._evaluate(f'change_password(<<"{name}">>, <<"{password}">>, <<"tests">>)')

    def _evaluate(self, *calls: str) -> None:
        """Make calls at once: a command of the operators takes seconds of a processor to start."""
        expression = ", ".join(f"rabbit_auth_backend_internal:{call}" for call in calls)
        self.server.execute("rabbitmqctl", "eval", f"{expression}.", user="rabbitmq")


@contextmanager
def secured_rabbitmq(
    settings: ServiceSettings, issued: Issued, clients: Path, plugins: Path
) -> Iterator[SecuredRabbitmq]:
    """Yield a broker of its own that shows this certificate.

    :param plugins: a file to name its plugins in.
    :raises ServiceUnavailable: where no container can be had.
    """
    plugins.write_text("[rabbitmq_auth_mechanism_ssl].")
    with run_container(
        settings.rabbitmq_image,
        STANDARD_PORT,
        network=settings.docker_network,
        environment={
            "RABBITMQ_MNESIA_BASE": IN_MEMORY,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _arguments(str(TLS_PORT)),
        },
        listen_on=_listen_on_loopback,
        files={place: file for file, place in _files(issued, clients).items()} | {PLUGINS: plugins},
        beside={TLS_PORT: TLS_BESIDE},
        small_disks={IN_MEMORY: "1g"},
    ) as server:
        it = SecuredRabbitmq(server, (issued, clients))
        wait_for_rabbitmq(it.plain_url)
        yield it


def _files(issued: Issued, clients: Path) -> dict[Path, str]:
    return {clients: CLIENTS, issued.certificate: CERTIFICATE, issued.key: KEY}


def _arguments(listener: str) -> str:
    return f"{READ_ANEW} -rabbit ssl_listeners [{listener}] ssl_options {OPTIONS} {LOGINS}"


def _listen_on_loopback(container: DockerContainer, port: int) -> None:
    listen_on_loopback(container, port)
    listener = f'{{"127.0.0.1",{port + TLS_BESIDE}}}'
    container.with_envs(
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=f"{LOOPBACK_OF_ERLANG} {_arguments(listener)}",
        RABBITMQ_ENABLED_PLUGINS_FILE=PLUGINS,
    )
