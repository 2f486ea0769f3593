r"""How is text of a provider printed? No character moves the cursor, colours or hides.

A userName may hold whatever a terminal obeys: escapes, ends of lines, marks that turn the direction
of writing. Each of those is printed as Python and JSON write it, for example as ``\x1b``.
"""

import typer

from deploy.own_command import as_called_here


def visible(text: str) -> str:
    """Return a text of one line, in which each character is printable or written as an escape."""
    if text.isprintable():
        return text
    return "".join(it if it.isprintable() else ascii(it)[1:-1] for it in text)


def is_text(argument: str) -> bool:
    """Return whether an argument is text; the shell also passes bytes that are none in UTF-8."""
    return not any("\ud800" <= it <= "\udfff" for it in argument)


def say(line: str = "", *, to_stderr: bool = False) -> None:
    """Print one line, whatever texts are in it, with commands as they are called here."""
    typer.echo(visible(as_called_here(line)), err=to_stderr)
