"""How does a command reach the broker? One connection, or one line that says what to change."""

from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ProbableAuthenticationError
from aiormq.exceptions import ProtocolSyntaxError

from worker.rabbitmq.connection import Broker

NAME = "muster command"


class BrokerUnusable(Exception):
    """The broker cannot be reached or lets nobody in. The text names the setting, not its value."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the broker of MUSTER_BROKER_URL {problem}")


async def connect_to_broker(url: str) -> AbstractConnection:
    """Connect.

    :raises BrokerUnusable: when the broker is not there, or refuses user or virtual host.
    """
    try:
        return await Broker(url).dial(NAME)
    except ProbableAuthenticationError as error:
        raise BrokerUnusable("refuses that user or password") from error
    except ProtocolSyntaxError as error:  # how the library meets the broker's refusal
        raise BrokerUnusable("hangs up: has it that virtual host, and may the user in?") from error
    except CONNECTION_EXCEPTIONS as error:
        raise BrokerUnusable(f"cannot be reached: {type(error).__name__}") from error
