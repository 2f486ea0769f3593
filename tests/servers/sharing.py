"""How do the processes of a run share a server? The first finds it, and keeps it for the others.

A broker keeps all processors busy for seconds until it answers, and idles at a price.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.servers.services import Found, ServiceUnavailable

Find = Callable[[], AbstractContextManager[Found]]


@contextmanager
def shared(folder: Path, name: str, find: Find) -> Iterator[Found]:
    """Yield the server that the first process with this folder has found.

    In the end that process waits until the others have left it; later ones find a server anew.

    :raises ServiceUnavailable: when the first process has found none.
    """
    place, turn, use = (folder / f"{name}.{kind}" for kind in ("json", "turn", "use"))
    with ExitStack() as kept:
        with _locked(turn, fcntl.LOCK_EX):
            if not place.exists():
                place.write_text(json.dumps(_look(find, kept, partial(_wait, place, turn, use))))
            kept.enter_context(_locked(use, fcntl.LOCK_SH))
            finding = json.loads(place.read_text())
        if "lack" in finding:
            raise ServiceUnavailable(finding["lack"])
        yield Found(**finding)


def _look(find: Find, kept: ExitStack, wait: Callable[[], None]) -> dict[str, str]:
    """Find the server and keep it until the wait is over; return what other processes read."""
    try:
        found = kept.enter_context(find())
    except ServiceUnavailable as lack:
        return {"lack": str(lack)}
    kept.callback(wait)
    return asdict(found)


def _wait(place: Path, turn: Path, use: Path) -> None:
    """Wait for the other processes, of which none comes after the note of the place is gone."""
    with _locked(turn, fcntl.LOCK_EX):
        place.unlink()
    with _locked(use, fcntl.LOCK_EX):
        pass


@contextmanager
def _locked(file: Path, kind: int) -> Iterator[None]:
    """Hold a lock, which ends with the process as well."""
    with file.open("w") as lock:
        fcntl.flock(lock, kind)
        yield
