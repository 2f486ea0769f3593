"""Which commands tell the log that they start and stop? Commands on a schedule or in a job do.

A person at a terminal sees both. A cluster keeps logs alone, in JSON.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from deploy.logs import set_up_logs
from deploy.processes.life import Life, Part
from deploy.settings import Settings


@contextmanager
def told_in_the_log(part: Part, settings: Settings) -> Iterator[None]:
    """Tell the log when a command starts, and how it stops, where the log is JSON.

    A status that the command chooses is no error: it has told its reason in its answer.
    """
    if settings.log_format != "json":
        yield
        return
    set_up_logs(settings)
    chosen: typer.Exit | None = None
    with Life(part, settings).told():
        try:
            yield
        except typer.Exit as status:
            chosen = status
    if chosen is not None:
        raise chosen
