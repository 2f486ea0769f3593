"""How do tests run a server in a container? By testcontainers, once engine and image are sure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from docker.errors import DockerException, ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.exceptions import ContainerStartException

from tests.servers.ports import LOOPBACK, free_port
from tests.servers.services import ServiceUnavailable

PATIENCE = 4
"""Seconds for an answer of the engine, and as many for one of the registry behind it: without
them the tests run in another way, and should not wait for long to find out."""

RESTART_SECONDS = 30
"""What a server may take to stop before it is killed."""

PORTS = 4
"""The ports that a server on the network of this machine may listen on, from its own upwards."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server in a container, and where it listens."""

    container: DockerContainer
    host: str
    port: int

    def restart(self) -> None:
        """Stop it as its operators would, and start it again; it listens where it did."""
        self.container.get_wrapped_container().restart(timeout=RESTART_SECONDS)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it as its operators would, for the time of the block."""
        self.container.get_wrapped_container().stop(timeout=RESTART_SECONDS)
        yield
        self.container.get_wrapped_container().start()

    def kill(self) -> None:
        """End it with SIGKILL, and start it again."""
        self.container.get_wrapped_container().kill()
        self.container.get_wrapped_container().start()

    def execute(self, *command: str, user: str = "") -> str:
        """Run a command inside, as the image's user or another, and return what it printed."""
        done = self.container.get_wrapped_container().exec_run(list(command), user=user)
        printed: str = done.output.decode()
        assert done.exit_code == 0, printed
        return printed


@contextmanager
def run_container(
    image: str,
    port: int,
    *,
    network: Literal["bridge", "host"],
    environment: dict[str, str],
    command: Sequence[str] = (),
    listen_on: Callable[[DockerContainer, int], object],
    files: Mapping[str, Path] | None = None,
    beside: Mapping[int, int] | None = None,
    small_disks: Mapping[str, str] | None = None,
) -> Iterator[RunningServer]:
    """Yield a server that has started, though it may not answer yet.

    ``command`` takes the place of the image's own. On the network of the host ``listen_on`` tells
    the server to use a free port of loopback, and may do so by another command. ``files`` are
    copied in beforehand, to the places that are their keys. ``beside`` are further ports of it, and
    how many above its own they are reached here; on the network of the host ``listen_on`` sees to
    that. ``small_disks`` have places and sizes (as ``64m``), are everybody's to write to, and are
    empty after each start: they are in memory.
    """
    ensure_image(image)
    # Its reaper is one more image that may be missing, and the container is removed below.
    testcontainers_config.ryuk_disabled = True
    container = DockerContainer(image, env=environment)
    for place, file in (files or {}).items():
        container.with_copy_into_container(file, place)
    for place, size in (small_disks or {}).items():
        container.with_tmpfs_mount(place, f"size={size},mode=1777")
    if command:
        container.with_command(list(command))
    first_port = free_port(together=PORTS)
    try:
        with _problems_as("no container"):
            if network == "host":
                listen_on(container.with_kwargs(network_mode="host"), first_port)
                container.start()
                host = LOOPBACK
            else:
                # A port that the engine chooses would be another one after a restart.
                for further, distance in (beside or {}).items():
                    container.with_bind_ports(further, first_port + distance)
                container.with_bind_ports(port, first_port).start()
                host = container.get_container_host_ip()
        yield RunningServer(container, host, first_port)
    finally:
        container.stop()


def ensure_image(image: str) -> None:
    """Raise ServiceUnavailable unless the image is here, or its registry says that it has it."""
    with _problems_as("no engine that answers"):
        engine = DockerClient(timeout=PATIENCE).client
    try:
        with _problems_as(f"no image {image}"):
            try:
                engine.images.get(image)
            except ImageNotFound:
                engine.images.get_registry_data(image)
    finally:
        engine.close()


@contextmanager
def _problems_as(lack: str) -> Iterator[None]:
    try:
        yield
    except (DockerException, ContainerStartException, OSError) as problem:
        reason = getattr(problem, "explanation", None) or problem
        raise ServiceUnavailable(f"{lack} ({' '.join(str(reason).split())})") from problem
