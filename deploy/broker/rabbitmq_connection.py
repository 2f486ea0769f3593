"""How does a command reach the broker? It dials once, and explains a failure in one line."""

from enum import StrEnum

from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ProbableAuthenticationError
from aiormq.exceptions import AuthenticationError, ProtocolSyntaxError

from contracts.secure_connections.problems import ConnectionProblem, errors_behind
from deploy.errors import DeployError
from worker.rabbitmq.connection import Broker

CONNECTION_NAME = "muster command"


class BrokerTrouble(StrEnum):
    """The reasons why there is no connection to the broker, in words that follow its name."""

    REFUSED_USER = "refuses that user or password"
    HANGS_UP = "hangs up: has it that virtual host, and may the user in?"
    REFUSED_MECHANISM = "does not take the mechanism that auth in the URL names"
    NOT_SECURED = "cannot be used"
    NO_AMQP = "hangs up at once: does it want TLS there (amqps://), or does no broker listen there?"
    NOT_REACHED = "cannot be reached"


class BrokerUnusable(DeployError):
    """The broker is away or refuses this user. The text names the setting, and no password."""

    def __init__(self, trouble: BrokerTrouble, told: str = "") -> None:
        super().__init__(f"the broker of MUSTER_BROKER_URL {trouble}{told}")
        self.trouble = trouble


async def connect_to_broker(url: str) -> AbstractConnection:
    """Open a connection to the broker of this URL.

    :raises BrokerUnusable: when the broker is away, refuses the user or the virtual host, or does
        not prove its name.
    """
    try:
        return await Broker(url).dial(CONNECTION_NAME)
    except ProbableAuthenticationError as error:
        raise BrokerUnusable(BrokerTrouble.REFUSED_USER) from error
    except ProtocolSyntaxError as error:  # the library takes the broker's refusal for this
        raise BrokerUnusable(BrokerTrouble.HANGS_UP) from error
    except ConnectionProblem as error:
        raise BrokerUnusable(BrokerTrouble.NOT_SECURED, f": {error}") from error
    except AuthenticationError as error:
        raise BrokerUnusable(BrokerTrouble.REFUSED_MECHANISM) from error
    except CONNECTION_EXCEPTIONS as error:
        if any(isinstance(it, ConnectionResetError | EOFError) for it in errors_behind(error)):
            raise BrokerUnusable(BrokerTrouble.NO_AMQP) from error
        raise BrokerUnusable(BrokerTrouble.NOT_REACHED, f": {type(error).__name__}") from error
