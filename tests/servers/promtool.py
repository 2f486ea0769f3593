"""How do tests run promtool? In a container, or the one of this machine."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.servers.containers import ensure_image
from tests.servers.services import ServiceSettings, ServiceUnavailable

ROOT = Path(__file__).parents[2]


def promtool(settings: ServiceSettings, *folders: Path) -> Sequence[str]:
    """Return how to call it from the repository's root; raise ServiceUnavailable without one.

    :param folders: are read as well.
    """
    try:
        ensure_image(settings.prometheus_image)
    except ServiceUnavailable as no_container:
        found = shutil.which("promtool") if settings.local_services else None
        if not found:
            raise ServiceUnavailable(f"Docker: {no_container}; no promtool here") from None
        return (found,)
    return (
        *("docker", "run", "--rm", "--network", "none", "--entrypoint", "promtool"),
        *("--user", f"{os.getuid()}:{os.getgid()}"),  # who can read the repository
        *(word for it in (ROOT, *folders) for word in ("--volume", f"{it}:{it}:ro")),
        *("--workdir", str(ROOT)),
        settings.prometheus_image,
    )


def run_promtool(command: Sequence[str], *arguments: str) -> str:
    """Run it and return what it printed; it has to be content."""
    done = subprocess.run(  # noqa: S603
        [*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
