"""Which packages does Muster run with? The lock names each, with its version, hashes and reason."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PATH = "requirements.lock"

ITSELF = "muster-scim"
"""The name under which the lock has Muster's own requirements."""
TO_BUILD = "muster-scim:build"
"""The same for what only builds Muster, and is in no image."""

_PACKAGE = re.compile(r"(?m)^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>.*(?:\n[ ].*)*)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    """The SHA-256 of each file that may be installed: one for each platform, and the source."""
    wanted_by: tuple[str, ...]
    """The packages that need it, of which ``ITSELF`` and ``TO_BUILD`` are Muster."""


def locked(text: str) -> Iterator[Locked]:
    """Yield the packages of a lock, as uv writes it."""
    for found in _PACKAGE.finditer(text):
        hashes = tuple(sorted(_HASH.findall(found["rest"])))
        reasons = tuple(sorted(_reasons(found["rest"])))
        yield Locked(found["name"], found["version"], hashes, reasons)


def _reasons(rest: str) -> Iterator[str]:
    for line in rest.splitlines():
        reason = re.sub(r"^ +# +(?:via\b *)?", "", line) if line.lstrip().startswith("#") else ""
        name, _, origin = reason.partition(" ")
        if name:
            yield TO_BUILD if origin == "(pyproject.toml:build)" else name
