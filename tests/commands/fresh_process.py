"""Which modules does a command load? A process tells it that has loaded hardly anything itself.

``python -m tests.commands.fresh_process MODULE…`` loads these modules, and forks itself for each
command that it reads: that is quicker than an interpreter for each. What it loads beforehand counts
as loaded by every command, so that it hides nothing: a package that a command is to do without is
found all the same.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module

from deploy import cli


class FreshProcess:
    """A process that has loaded hardly anything, as tests see it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take a process that was started."""
        self._process = process

    def modules_of(self, arguments: Sequence[str], settings: Mapping[str, str]) -> set[str]:
        """Return the modules that are loaded once a command has run; nothing where it broke."""
        commands, answers = self._process.stdin, self._process.stdout
        assert commands is not None
        assert answers is not None
        print(json.dumps([arguments, settings]), file=commands, flush=True)
        return set(json.loads(answers.readline()))


@contextmanager
def fresh_process(*modules: str, environment: Mapping[str, str]) -> Iterator[FreshProcess]:
    """Start a process that has loaded the command line and these modules, and end it."""
    with subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", __name__, *modules],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield FreshProcess(process)


def _answer() -> None:
    for module in sys.argv[1:]:
        import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # for what the commands print
    for line in sys.stdin:
        fork = os.fork()
        if not fork:
            arguments, settings = json.loads(line)
            os.environ.update(settings)  # noqa: TID251  # services.py would load too much here
            cli.run(arguments)
            print(json.dumps([*sys.modules]), file=answers, flush=True)
            os._exit(0)  # what the process before the fork is to write is not the fork's
        _, status = os.waitpid(fork, 0)
        if status:
            print("[]", file=answers, flush=True)


if __name__ == "__main__":
    _answer()
