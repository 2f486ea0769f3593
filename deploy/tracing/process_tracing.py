"""Which tracing has a process? It has OpenTelemetry's with a collector, else none.

OpenTelemetry's SDK and exporter are the extra ``tracing`` of the distribution. A process without a
collector loads none of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from contracts.tracing import UNTRACED, Tracing
from deploy.errors import DeployError
from deploy.settings import Settings

OF_THE_EXTRA = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
"""Packages that the extra installs. FastAPI brings others of OpenTelemetry, which send nothing."""


class TracingNotInstalled(DeployError):
    """The settings name a collector, and the packages that would send to it are missing."""

    def __init__(self) -> None:
        super().__init__(
            "MUSTER_TRACING_ENDPOINT needs the extra tracing, which is not installed: install"
            " muster-scim[tracing], or unset it"
        )


@contextmanager
def process_tracing(settings: Settings, part: str) -> Iterator[Tracing]:
    """Yield the tracing of a process, and send the last spans at the end of the block.

    :param part: the name of the process among those of the installation, as ``worker``.
    :raises TracingNotInstalled: when a collector is set without the packages to reach it.
    """
    if not settings.tracing_endpoint:
        yield UNTRACED
        return
    if not all(map(_is_installed, OF_THE_EXTRA)):
        raise TracingNotInstalled
    from deploy.tracing.otlp import sending_spans  # noqa: PLC0415  # as the first lines tell

    with sending_spans(settings.tracing_endpoint, settings.tracing_ratio, part) as tracing:
        yield tracing


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False
