"""Where do tests find a server they need? Given by the environment, in Docker, on this machine."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """The variables that begin with ``MUSTER_TEST_``."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_TEST_", env_ignore_empty=True)

    postgres_url: str | None = None
    """A server to use instead of looking for one; its user has to be allowed to make databases."""
    postgres_image: str = "postgres:17"
    rabbitmq_url: str | None = None
    """A broker to use instead of looking for one; its user has to be allowed to configure."""
    rabbitmq_image: str = "rabbitmq:4-management"
    python_image: str = "python:3.13-slim-bookworm"
    """What Muster's own image is built on."""
    prometheus_image: str = "prom/prometheus:v3.5.0"
    """Where promtool comes from, and the Prometheus of the end-to-end tests."""
    alertmanager_image: str = "prom/alertmanager:v0.28.1"
    """The Alertmanager of the end-to-end tests."""
    chromium: str | None = None
    """The path of a Chromium to use instead of looking for one."""
    docker_network: Literal["bridge", "host"] = "bridge"
    """``host``: for engines without a network of their own; containers then listen on loopback."""
    local_services: bool = True
    """Whether to use what listens on this machine's standard ports."""
    require_services: bool = False
    """Whether a skipped test is a failed one."""


class ServiceUnavailable(Exception):
    """There is no such server, for this reason: one line, without credentials."""


class GivenServiceUnusable(Exception):
    """The environment names a server that cannot be used."""


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of server that tests need, and the ways to come by one."""

    name: str
    given_by: str
    """The variable that may name one."""
    given_url: str | None
    image: str
    start_container: Callable[[str], AbstractContextManager[str]]
    """Takes the image and yields the URL of a server that answers, or raises ServiceUnavailable."""
    local_url: str
    local_habit: str
    """What tests do on a server that is not theirs, as its owner is told."""
    check: Callable[[str], None]
    """Raises ServiceUnavailable where no usable server answers the URL."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server to test with, and where it comes from, in words."""

    url: str
    origin: str


@contextmanager
def find(service: Service, *, local_services: bool) -> Iterator[Found]:
    """Yield a server of the kind; raise ServiceUnavailable, with every reason, if there is none."""
    if service.given_url:
        yield _given(service, service.given_url)
        return
    with ExitStack() as containers:
        try:
            url = containers.enter_context(service.start_container(service.image))
        except ServiceUnavailable as no_container:
            yield _on_this_machine(service, f"Docker: {no_container}", allowed=local_services)
        else:
            yield Found(url, f"{service.image} in Docker")


def _given(service: Service, url: str) -> Found:
    """Never look further: who names a server does not want the tests to run on another."""
    try:
        service.check(url)
    except ServiceUnavailable as problem:
        raise GivenServiceUnusable(f"{service.given_by} is of no use: {problem}") from None
    return Found(url, f"given by {service.given_by}")


def _on_this_machine(service: Service, no_container: str, *, allowed: bool) -> Found:
    if not allowed:
        reason = "this machine's own: forbidden by MUSTER_TEST_LOCAL_SERVICES=0"
        raise ServiceUnavailable(f"{no_container}; {reason}")
    try:
        service.check(service.local_url)
    except ServiceUnavailable as problem:
        raise ServiceUnavailable(f"{no_container}; this machine's own: {problem}") from None
    return Found(
        service.local_url,
        f"this machine's own, {service.local_habit}"
        f" (MUSTER_TEST_LOCAL_SERVICES=0 forbids it); {no_container}",
    )


def environment_with(**settings: str) -> dict[str, str]:
    """Return the environment for a process under test: no settings of Muster's but these."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MUSTER_")}
    return inherited | settings


def own_settings() -> dict[str, str]:
    """Return the settings of Muster's that this process has."""
    return {name: text for name, text in os.environ.items() if name.startswith("MUSTER_")}


def adopt_environment(settings: dict[str, str]) -> None:
    """Give this process settings of Muster's that it was not started with, and no others."""
    for name in [name for name in os.environ if name.startswith("MUSTER_")]:
        del os.environ[name]
    os.environ.update(settings)
