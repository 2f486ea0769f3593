"""How much of the processors does a command take? What the system says once it has ended."""

import os
import subprocess
from collections.abc import Mapping, Sequence


def processor_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command to its end; return the seconds that it took, in user mode and in the system.

    :raises AssertionError: when it fails.
    """
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env=dict(environment), stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime
