"""What waits on the broker? Its own command says so, and empties the lanes."""

from secrets import token_hex

from contracts.topology import Lane, Topology
from tests.servers.containers import RunningServer

LANE = Topology().lane(Lane.BULK)


def waiting_bytes(broker: RunningServer) -> int:
    """Return the bytes of the messages in the bulk lane."""
    printed = broker.execute("rabbitmqctl", "--quiet", "list_queues", "name", "message_bytes")
    sizes = dict(line.split("\t") for line in printed.splitlines() if "\t" in line)
    return int(sizes[LANE])


def empty(broker: RunningServer) -> None:
    """Throw away what is in the bulk lane."""
    broker.execute("rabbitmqctl", "--quiet", "purge_queue", LANE)


def new_user(broker: RunningServer) -> str:
    """Make a user with every right; return the URL by which it connects."""
    name, password = f"bench-{token_hex(4)}", token_hex(8)
    broker.execute("rabbitmqctl", "--quiet", "add_user", name, password)
    broker.execute("rabbitmqctl", "--quiet", "set_permissions", name, ".*", ".*", ".*")
    return f"amqp://{name}:{password}@{broker.host}:{broker.port}/"
