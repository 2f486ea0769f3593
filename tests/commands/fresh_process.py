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
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from importlib import import_module
from io import StringIO

from deploy import cli

LOADED_BY_MOST = "deploy.commands.session"
"""The module by which commands reach databases. With all that it loads it takes longer than most of
the commands themselves."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and which modules are loaded once it has run."""

    out: str
    loaded: frozenset[str]


class FreshProcess:
    """A process that has loaded hardly anything, as tests see it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take a process that was started."""
        self._process = process

    def run(self, arguments: Sequence[str], settings: Mapping[str, str]) -> Done:
        """Run a command in a fork; one that breaks has loaded nothing."""
        commands, answers = self._process.stdin, self._process.stdout
        assert commands is not None
        assert answers is not None
        print(json.dumps([arguments, settings]), file=commands, flush=True)
        out, loaded = json.loads(answers.readline())
        return Done(out, frozenset(loaded))


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
    for line in sys.stdin:
        fork = os.fork()
        if not fork:
            _run(*json.loads(line))
            os._exit(0)  # what the process before the fork is to write is not the fork's
        _, status = os.waitpid(fork, 0)
        if status:
            _tell("", [])


def _run(arguments: list[str], settings: Mapping[str, str]) -> None:
    os.environ.update(settings)  # noqa: TID251  # services.py would load too much here
    with redirect_stdout(StringIO()) as out, suppress(SystemExit):
        cli.run(arguments)
    _tell(out.getvalue(), [*sys.modules])


def _tell(out: str, loaded: list[str]) -> None:
    sys.stdout.write(f"{json.dumps([out, loaded])}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _answer()
