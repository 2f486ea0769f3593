"""What can be said of an error without its text, which may quote what is personal?"""

import traceback
from collections.abc import Iterator
from pathlib import Path


def type_and_places(error: BaseException) -> dict[str, str]:
    """Return its type and the lines that it came through; of a group, those of each error in it.

    The result has the keys ``error`` and ``where``, for a line of the log.
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
    frames = traceback.extract_tb(error.__traceback__)
    return " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
