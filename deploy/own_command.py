"""Which word calls this command? It is ``muster`` where the shell finds it, else its path.

An image, a pod, pipx and an active environment have ``muster`` on the PATH. A clone has
``.venv/bin/muster``, which ``make run`` calls. Texts say ``muster`` everywhere, because the code
that writes them knows no shell; they are put into the words of this one where they are printed.
"""

import re
import shlex
import shutil
import sys
from pathlib import Path

NAME = "muster"
CALLED = re.compile(rf"(?<![\w./'\"-]){NAME} (?=[a-z])")
"""A call of the command within a text. ``muster:`` before an error is none, and neither is a name
that is quoted."""


def own_command() -> str:
    """Return the word, or the path, with which the shell of this process calls this command."""
    called = sys.argv[0]
    if Path(called).name != NAME or not Path(called).exists():
        return NAME  # a test, a module given to an interpreter, or a name that is no path
    found = shutil.which(NAME)
    if found and Path(found).samefile(called):
        return NAME
    return shlex.quote(called)


def as_called_here(text: str) -> str:
    """Return a text in which each call of ``muster`` is one that works in this shell."""
    if not CALLED.search(text):
        return text
    word = own_command()
    return CALLED.sub(lambda _: f"{word} ", text)
