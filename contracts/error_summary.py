"""How is an error logged without its text? A summary has type and source lines, which are safe."""

import traceback
from collections.abc import Iterator


def error_summary(error: BaseException) -> dict[str, str]:
    """Return the type of an error and its traceback; of a group, those of each error.

    The result has the keys ``error`` and ``where``, for a line of the log. A frame is given as a
    dotted module and a line number: names of files repeat from package to package.
    """
    errors = list(_ungrouped(error))
    return {
        "error": ", ".join(dict.fromkeys(type(it).__name__ for it in errors)),
        "where": ", ".join(dict.fromkeys(map(_source_lines, errors))),
    }


def _ungrouped(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, however deep; an error of no group as it is."""
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _ungrouped(member)
    else:
        yield error


def _source_lines(error: BaseException) -> str:
    frames = traceback.walk_tb(error.__traceback__)
    return " ".join(f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in frames)
