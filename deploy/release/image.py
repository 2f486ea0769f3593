"""What does an image say of itself? Docker tells its labels."""

import json
import subprocess

VERSION = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"


class NoImage(Exception):
    """Docker has no such image."""


def labels_of(image: str) -> dict[str, str]:
    """Return the labels of an image that this machine has.

    :raises NoImage: when it has none.
    """
    done = subprocess.run(  # noqa: S603
        ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", image],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoImage(f"docker has no image {image}: make image builds it")
    labels: dict[str, str] = json.loads(done.stdout) or {}
    return labels
