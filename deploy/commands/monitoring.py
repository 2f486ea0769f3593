"""What does ``muster monitoring`` do? It writes rules and dashboards for one's own servers."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.output import show_rows
from deploy.commands.session import JsonOption
from deploy.export_monitoring import export_monitoring
from deploy.monitoring_files import monitoring_files

app = typer.Typer(no_args_is_help=True, help="Rules of Prometheus and dashboards of Grafana.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="monitoring")


@app.callback()
def _monitoring() -> None:
    """Keep ``export`` a subcommand while it is the only one."""


@app.command()
def export(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where they are written; made if it is not.")
    ],
    runbooks: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where your copy of docs/runbooks is, for its links."),
    ] = None,
    grafana: Annotated[
        str | None, typer.Option(metavar="URL", help="Where your Grafana is, for its links.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A label of every alert. May be given repeatedly."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that no export has written.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write rules and dashboards into a folder, in the place of those that it wrote before.

    Example: muster monitoring export monitoring --label team=identity
    """
    labels = dict(_named(each) for each in label or ())
    texts = monitoring_files(runbooks, grafana, labels)
    done = export_monitoring(folder, texts, force=force)
    rows = [{"file": str(folder / path), "done": it} for path, it in done.items()]
    show_rows(rows, ("file", "done"), as_json=as_json)


def _named(label: str) -> tuple[str, str]:
    name, found, value = label.partition("=")
    if not found:
        raise typer.BadParameter("--label takes NAME=VALUE")
    return name, value
