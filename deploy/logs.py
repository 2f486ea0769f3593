"""How are logs written? structlog writes them on standard error, for people or as JSON."""

import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import Processor

from contracts.error_summary import error_summary
from deploy.settings import Settings

LOG = structlog.get_logger(__name__)

SHARED_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

SHOWN_OBJECT = r"[\n(<]"
"""The characters from which asyncio's messages show tasks and calls, with their arguments."""


def log_to_stderr() -> None:
    """Send warnings to standard error, because programs read the output of commands."""
    structlog.configure(
        processors=[*SHARED_PROCESSORS, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _silence_broker_libraries()


def set_up_logs(settings: Settings) -> None:
    """Configure the logs of this process and of its libraries.

    The text of an error may quote personal data, so only its type and its place in the code are
    logged.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*SHARED_PROCESSORS, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # It writes a line as a whole, so that those of several processes do not mix. A line takes
        # 7 us of processor time.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=renderer, foreign_pre_chain=[*SHARED_PROCESSORS, _without_texts]
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    _silence_broker_libraries()
    _log_uncaught()


@contextmanager
def logging_errors_alone() -> Iterator[None]:
    """Log nothing but errors within the block, for loggers that have not logged before.

    A logger that logs within the block logs as usual afterwards.
    """
    usual, quiet = structlog.get_config(), structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet, cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**usual)


def _silence_broker_libraries() -> None:
    """Silence the broker's libraries: Muster logs their errors in lines of its own."""
    for library in ("aio_pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _without_texts(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Reduce a library's message to its beginning, and an error to its type and place."""
    event["event"] = re.split(SHOWN_OBJECT, str(event["event"]), maxsplit=1)[0].rstrip()
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[1] is not None:
        event.update(error_summary(error[1]))
    return event


def _log_uncaught() -> None:
    """Log the type and place of errors that no code catches, in threads or in finalizers.

    Python itself would print their texts.
    """

    def log(uncaught: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
        if uncaught.exc_value is not None:
            LOG.error("uncaught_error", **error_summary(uncaught.exc_value))

    threading.excepthook = sys.unraisablehook = log
