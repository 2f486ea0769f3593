"""How do tests run a server in a container? By testcontainers, once engine and image are sure."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from docker.errors import DockerException, ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.exceptions import ContainerStartException

from tests.services import ServiceUnavailable

PATIENCE = 4
"""Seconds for an answer of the engine, and as many for one of the registry behind it: without
them the tests run in another way, and should not wait for long to find out."""

LOOPBACK = "127.0.0.1"


@contextmanager
def run_container(
    image: str,
    port: int,
    *,
    network: Literal["bridge", "host"],
    environment: dict[str, str],
    listen_on: Callable[[DockerContainer, int], object],
) -> Iterator[tuple[str, int]]:
    """Yield host and port of a container that has started, though it may not answer yet.

    On the network of the host ``listen_on`` tells the server to use a free port of loopback.
    """
    _ensure_image(image)
    # Its reaper is one more image that may be missing, and the container is removed below.
    testcontainers_config.ryuk_disabled = True
    container = DockerContainer(image, env=environment)
    try:
        with _problems_as("no container"):
            if network == "host":
                address = LOOPBACK, _free_port()
                listen_on(container.with_kwargs(network_mode="host"), address[1])
                container.start()
            else:
                container.with_exposed_ports(port).start()
                address = container.get_container_host_ip(), container.get_exposed_port(port)
        yield address
    finally:
        container.stop()


def _ensure_image(image: str) -> None:
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
