"""Whose word counts on the address of a client? That of proxies which the settings name."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.requests.client_address import MOST_PROXIES, TrustedProxies, networks_in

PROXIES = TrustedProxies(networks_in("10.0.0.0/8, 192.0.2.7,fd00::/8"))


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        (None, ["203.0.113.5"], None),
        ("testclient", [], None),
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["203.0.113.5, 10.2.2.2,192.0.2.7"], "203.0.113.5"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", ["203.0.113.5, unknown, 10.2.2.2"], "10.2.2.2"),
        ("10.1.1.1", ["ada@acme.test"], "10.1.1.1"),
        ("::ffff:10.1.1.1", ["203.0.113.5"], "203.0.113.5"),
        ("fd00::1", ["2001:DB8::1"], "2001:db8::1"),
        ("fd00::1%eth0", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.1.1.1", ["203.0.113.5:4711"], "203.0.113.5"),
        ("10.1.1.1", [""], "10.1.1.1"),
    ],
)
def test_the_nearest_address_counts_that_is_no_proxy(
    client: str | None, forwarded: Sequence[str], address: str | None
) -> None:
    assert PROXIES.address_of(client, forwarded) == address


def test_without_trusted_proxies_no_header_counts() -> None:
    assert TrustedProxies().address_of("10.1.1.1", ["203.0.113.5"]) == "10.1.1.1"


def test_a_list_without_end_is_followed_for_a_while() -> None:
    endless = ["203.0.113.5", ", ".join(["10.0.0.1"] * 5_000)]
    assert PROXIES.address_of("10.1.1.1", endless) == "10.0.0.1"
    near = ["203.0.113.5", ", ".join(["10.0.0.1"] * (MOST_PROXIES - 1))]
    assert PROXIES.address_of("10.1.1.1", near) == "203.0.113.5"


@given(st.lists(st.text(max_size=40), max_size=4))
def test_whatever_a_client_sends_an_address_comes_out(forwarded: list[str]) -> None:
    address = PROXIES.address_of("10.1.1.1", forwarded)
    assert address is not None
    assert networks_in(address)
