"""What can be said of an error without its text? Its type and places: the text may be personal."""

import traceback
from collections.abc import Iterator


def type_and_places(error: BaseException) -> dict[str, str]:
    """Return an error's type and the lines that it came through; of a group, those of each error.

    The result has the keys ``error`` and ``where``, for a line of the log. A place is a dotted
    module and a line in it: names of files repeat from package to package.
    """
    errors = list(_each(error))
    return {
        "error": ", ".join(dict.fromkeys(type(one).__name__ for one in errors)),
        "where": ", ".join(dict.fromkeys(map(_places, errors))),
    }


def _each(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _each(one)
    else:
        yield error


def _places(error: BaseException) -> str:
    frames = traceback.walk_tb(error.__traceback__)
    return " ".join(f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in frames)
