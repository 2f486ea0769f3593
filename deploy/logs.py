"""How are logs written? structlog, for people or as JSON, on standard error."""

import logging
import re
import sys
import threading

import structlog
from structlog.typing import Processor

from contracts.error_summary import error_summary
from deploy.settings import Settings

LOG = structlog.get_logger(__name__)

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

SHOWN_OBJECT = r"[\n(<]"
"""Where asyncio begins to show tasks and calls, with errors and arguments in them."""


def log_to_stderr() -> None:
    """Keep standard output for the answers of commands, which programs read."""
    structlog.configure(
        processors=[*SHARED, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _silence_broker_libraries()


def set_up_logs(settings: Settings) -> None:
    """Configure the logs of this process, those of libraries included.

    The text of an error may quote values that belong to a person, so that only its type and place
    are logged.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*SHARED, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=renderer, foreign_pre_chain=[*SHARED, _without_texts]
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    _silence_broker_libraries()
    _log_uncaught()


def _silence_broker_libraries() -> None:
    """What they meet, our own lines say."""
    for library in ("aio_pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _without_texts(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep of a library's line what it says first, and of an error its type and place."""
    event["event"] = re.split(SHOWN_OBJECT, str(event["event"]), maxsplit=1)[0].rstrip()
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[1] is not None:
        event.update(error_summary(error[1]))
    return event


def _log_uncaught() -> None:
    """Say of what nobody catches, in threads or while something is taken down, no more than that.

    Python itself would print the text.
    """

    def say(uncaught: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
        if uncaught.exc_value is not None:
            LOG.error("uncaught_error", **error_summary(uncaught.exc_value))

    threading.excepthook = sys.unraisablehook = say
