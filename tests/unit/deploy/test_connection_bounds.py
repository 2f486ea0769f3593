"""Who gives way when there are too many connections, and who is refused?"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.connection_bounds import ConnectionState, OpenConnections, address_of


@dataclass(eq=False, slots=True)
class FakeClient:
    """A client that remembers whether it had to go."""

    address: str = "192.0.2.1"
    gone: bool = field(default=False, init=False)

    def give_way(self) -> None:
        self.gone = True


def crowd(*clients: FakeClient, most: int, most_of_one: int = 100) -> OpenConnections:
    """Return a listener that has let clients in."""
    connections = OpenConnections(most, most_of_one)
    assert all(connections.admit(client) for client in clients)
    return connections


def test_the_oldest_that_has_asked_for_nothing_gives_way() -> None:
    first, second = FakeClient(), FakeClient()
    connections = crowd(first, second, most=2)
    assert connections.admit(FakeClient())
    assert (first.gone, second.gone) == (True, False)
    assert connections.number() == 2


def test_they_give_way_in_the_order_of_what_is_lost_with_them() -> None:
    clients = {state: FakeClient() for state in reversed(ConnectionState)}
    connections = crowd(*clients.values(), most=4)
    for state, client in clients.items():
        connections.set_state(client, state)
    for state in (ConnectionState.NO_REQUEST, ConnectionState.IDLE, ConnectionState.SLOW_READER):
        newcomer = FakeClient()
        assert connections.admit(newcomer)
        connections.set_state(newcomer, ConnectionState.SERVED)
        assert clients[state].gone
    assert not connections.admit(FakeClient())
    assert not clients[ConnectionState.SERVED].gone


def test_of_idle_ones_the_one_that_has_been_idle_for_longest_gives_way() -> None:
    first, second = FakeClient(), FakeClient()
    connections = crowd(first, second, most=2)
    for client in (first, second):
        connections.set_state(client, ConnectionState.IDLE)
    connections.set_state(first, ConnectionState.SERVED)
    connections.set_state(first, ConnectionState.IDLE)
    connections.admit(FakeClient())
    assert (first.gone, second.gone) == (False, True)


def test_an_address_with_too_many_gives_way_to_itself() -> None:
    other = FakeClient("192.0.2.2")
    first, second = FakeClient(), FakeClient()
    connections = crowd(other, first, second, most=10, most_of_one=2)
    assert connections.admit(FakeClient())
    assert (other.gone, first.gone, second.gone) == (False, True, False)


def test_an_address_whose_connections_are_all_served_gets_no_more_and_others_do() -> None:
    clients = FakeClient(), FakeClient()
    connections = crowd(*clients, most=10, most_of_one=2)
    for client in clients:
        connections.set_state(client, ConnectionState.SERVED)
    assert not connections.admit(FakeClient())
    assert connections.admit(FakeClient("192.0.2.2"))


def test_what_has_left_is_noted_no_more() -> None:
    client = FakeClient()
    connections = crowd(client, most=1)
    for _ in range(2):
        connections.remove(client)
        connections.set_state(client, ConnectionState.SERVED)
    assert connections.number() == 0
    assert connections.admit(FakeClient())
    assert not client.gone


ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from(ADDRESSES)),
        st.tuples(st.sampled_from(ConnectionState), st.integers(0, 20)),
        st.tuples(st.just("leave"), st.integers(0, 20)),
    ),
    max_size=60,
)


@given(STEPS)
def test_bounds_hold_and_nobody_who_is_served_goes(steps: list[tuple[object, object]]) -> None:
    connections = OpenConnections(5, 3)
    here: dict[FakeClient, ConnectionState] = {}
    for what, which in steps:
        if what == "come":
            newcomer = FakeClient(str(which))
            served = [it for it, state in here.items() if state is ConnectionState.SERVED]
            of_one = [it for it in served if it.address == newcomer.address]
            if connections.admit(newcomer):
                here[newcomer] = ConnectionState.NO_REQUEST
            else:
                assert len(served) == 5 or len(of_one) == 3
        elif here:
            assert isinstance(which, int)
            client = list(here)[which % len(here)]
            if isinstance(what, ConnectionState):
                connections.set_state(client, what)
                here[client] = what
            else:
                connections.remove(client)
                del here[client]
        for client in [it for it in here if it.gone]:
            assert here.pop(client) is not ConnectionState.SERVED
        assert connections.number() == len(here) <= 5
        assert all(sum(it.address == one for it in here) <= 3 for one in ADDRESSES)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::7", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
    ],
)
def test_a_network_of_ipv6_is_one_address(host: str, address: str) -> None:
    assert address_of(host) == address
