"""What does ``muster why`` do? It tells why a person has account, role and devices, or has not."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.why.answers import Answer
from api.admin.why.explain import explain
from api.admin.why.texts import shown, words
from deploy.commands.output import print_json, show_row
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.step_texts import told_step
from deploy.commands.visible_text import say
from deploy.own_command import as_called_here

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The id, userName, e-mail or externalId of the person."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(connection: ConnectionId, name: Name, as_json: JsonOption = False) -> None:
    """Tell why a person has this account, role and devices, and what would change it.

    Each answer has the facts, the rule that decides on them, and the smallest change after which
    the answer would be another one. Nothing is changed.

    Example: muster why acme-store ada@example.com
    """

    async def work(it: Administration) -> tuple[str, Sequence[Answer]]:
        return await explain(it, COMMAND, connection, name)

    identity, answers = on_administration(work)
    if as_json:
        print_json([answer.document for answer in answers])
        return
    say(f"person  {identity}")
    for answer in answers:
        say()
        show_row(dict(_lines(answer)), as_json=False)


def _lines(answer: Answer) -> Iterator[tuple[str, Any]]:
    yield answer.aspect.value, shown(answer.value)
    facts = answer.facts.items()
    yield "because", "; ".join(f"{words(name)} {shown(it)}" for name, it in facts)
    yield "rule", answer.rule
    yield "change", as_called_here(", then: ".join(map(told_step, answer.change))) or "-"
