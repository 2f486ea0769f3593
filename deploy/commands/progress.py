"""How is progress shown? A bar moves at a terminal; elsewhere, and beside JSON, there is none."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[str, int, int | None], None]
"""Shows progress: a word for the work, the number done, and that of all if it is known."""


@contextmanager
def progress_bar(*, as_json: bool) -> Iterator[Show]:
    """Yield the function that shows progress on standard error; clear the bar away at the end."""
    if as_json or not sys.stderr.isatty():
        yield lambda _word, _done, _total: None
        return
    # Loaded at a terminal only.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)

        def show(word: str, done: int, total: int | None) -> None:
            bars.update(task, description=word, completed=done, total=total)

        yield show
