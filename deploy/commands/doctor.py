"""What does ``muster doctor`` do? It tells what is wrong with this installation."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from api.admin.examination import Finding, Result, worst
from deploy.administration import administration_of
from deploy.commands.completions import connection_ids
from deploy.commands.output import print_json, show_row
from deploy.commands.session import JsonOption
from deploy.commands.visible_text import say
from deploy.databases.open_databases import Databases, open_directory, open_downstream_lazily
from deploy.doctor.examine import examine
from deploy.doctor.findings import warning
from deploy.doctor.first_calls import hinders_calls, make_first_calls
from deploy.doctor.whereabouts import whereabouts
from deploy.settings import Reading, Settings, read_as_understood

SIGNS = {Result.OK: "ok", Result.WARNING: "warning", Result.PROBLEM: "PROBLEM"}
"""The words in front of findings, of which a problem is seen at once."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    connection: Annotated[
        str | None,
        typer.Option(
            "--connection",
            metavar="CONNECTION",
            help="Make a token of it for a minute, and call as Okta and Entra ID begin.",
            autocompletion=connection_ids,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what is wrong with this installation: settings, databases, broker, public URL, ports.

    Each finding says what to change. It changes nothing itself; --connection makes a token, and
    ends it again. Exit status 1 if there is a problem; a warning is none.

    Example: muster doctor --connection acme-store
    """
    reading = read_as_understood()
    findings = asyncio.run(_findings(reading, connection))
    result = worst(findings)
    if as_json:
        installation = whereabouts(reading.settings)
        told = [asdict(finding) for finding in findings]
        print_json({"installation": installation, "result": result, "findings": told})
    else:
        _show(reading.settings, findings)
    if result is Result.PROBLEM:
        raise typer.Exit(1)


async def _findings(reading: Reading, connection: str | None) -> Sequence[Finding]:
    findings = await examine(reading)
    if connection is None:
        return findings
    if hinders_calls(reading, findings):
        says = "They were not made, because the directory or the public URL has a problem."
        return [*findings, warning("first calls", "not-made", says, "mend those, and ask again")]
    settings = reading.settings
    async with (
        open_directory(settings, patient=True, makes=False) as directory,
        open_downstream_lazily(settings) as downstream,
    ):
        it = administration_of(Databases(directory, downstream), settings)
        return [*findings, *await make_first_calls(it, connection)]


def _show(settings: Settings, findings: Sequence[Finding]) -> None:
    show_row(whereabouts(settings), as_json=False)
    for finding in findings:
        say()
        say(f"{SIGNS[finding.result]:<8} {finding.about}: {finding.says}")
        if finding.advice:
            end = "" if finding.advice.endswith("?") else "."
            say(f"         To do: {finding.advice}{end}")
    problems, warnings = (
        sum(finding.result is result for finding in findings)
        for result in (Result.PROBLEM, Result.WARNING)
    )
    say()
    say(f"Problems: {problems}. Warnings: {warnings}.")
