"""Has each connection its rate, has each process its lease, and is the memory of both bounded?"""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter

from api.fairness.rate_bucket import Bucket, Rate
from api.fairness.rates import FIRST_SHARE, FORGOTTEN_AFTER, MOST_KNOWN, Grant, Rates

RATE = Rate(100, 200)


class Hands:
    """A clock that a test sets."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def rates_by(clock: Callable[[], float], *, shared: bool = False) -> Rates:
    refusals = Counter("refusals", "Refusals.", ["share"], registry=CollectorRegistry())
    return Rates(RATE, refusals, shared, clock)


def taken(rates: Rates, connection: str, requests: int) -> int:
    return sum(rates.take(connection) == 0 for _ in range(requests))


def test_each_connection_has_a_rate_of_its_own() -> None:
    clock = Hands()
    rates = rates_by(clock)
    assert [taken(rates, name, 500) for name in ("acme", "other")] == [200, 200]
    clock.at = 1
    assert [taken(rates, name, 500) for name in ("acme", "other")] == [100, 100]


def test_leavers_have_a_reserve_with_a_rate_as_well() -> None:
    clock = Hands()
    rates = rates_by(clock)
    taken(rates, "acme", 500)
    assert sum(rates.take_reserve("acme") for _ in range(500)) == 200
    clock.at = 1
    assert sum(rates.take_reserve("acme") for _ in range(500)) == 100
    assert rates.take_reserve("other")


def test_the_memory_of_connections_is_bounded() -> None:
    rates = rates_by(Hands())
    for number in range(MOST_KNOWN + 100):
        rates.take(f"connection-{number}")
    assert len(rates.leases) == MOST_KNOWN
    assert "connection-0" not in rates.leases


def test_a_process_of_several_leases_itself_a_part_until_it_hears_of_others() -> None:
    rates = rates_by(Hands(), shared=True)
    assert taken(rates, "acme", 500) == RATE.burst * FIRST_SHARE
    assert rates.wanted.is_set()


def test_a_lease_is_renewed_by_what_is_left_and_by_the_share_of_the_process() -> None:
    clock = Hands()
    rates = rates_by(clock, shared=True)
    taken(rates, "acme", 60)
    clock.at = 1
    [demand] = rates.demands()
    assert (demand.connection, demand.asked, demand.taken) == ("acme", 60, 50)
    taken(rates, "acme", 10)  # while the exchange is under way
    rates.grant([demand], {"acme": Grant(left=100, share=0.5)})
    assert taken(rates, "acme", 500) == 40
    clock.at = 2
    assert taken(rates, "acme", 500) == 50
    [demand] = rates.demands()
    assert demand.taken == 10 + 40 + 50


def test_what_is_missing_from_the_bucket_of_all_is_filled_up_first() -> None:
    clock = Hands()
    rates = rates_by(clock, shared=True)
    taken(rates, "acme", 1)
    rates.grant(rates.demands(), {"acme": Grant(left=-100, share=1)})
    clock.at = 1
    assert taken(rates, "acme", 500) == 0
    clock.at = 1.5
    assert taken(rates, "acme", 500) == 50


def test_a_connection_that_is_silent_is_forgotten_once_all_is_told() -> None:
    clock = Hands()
    rates = rates_by(clock, shared=True)
    taken(rates, "acme", 1)
    clock.at = 2 * FORGOTTEN_AFTER
    demands = rates.demands()
    assert [it.taken for it in demands] == [1]
    rates.grant(demands, {"acme": Grant(left=200, share=1)})
    assert rates.demands() == []
    assert not rates.leases


@given(st.lists(st.tuples(st.sampled_from([0, 0.5, 1, 3.1, 4]), st.sampled_from([0, 1, 400]))))
def test_no_pause_gains_anything_beyond_the_rate(visits: list[tuple[float, int]]) -> None:
    clock = Hands()
    rates = rates_by(clock, shared=True)
    rates.rate = slow = Rate(10, 200)  # which does not fill up in a pause
    of_all = Bucket(slow, slow.burst, 0)
    served = leavers = 0
    for pause, requests in [*visits, (3.1, 400), (3.1, 400)]:
        clock.at += pause
        rates.demands()  # the exchanges meanwhile, for which nothing was asked
        served += taken(rates, "acme", requests)
        leavers += sum(rates.take_reserve("acme") for _ in range(requests))
        demands = rates.demands()
        of_all.fill(clock.at)
        of_all.left -= sum(it.taken for it in demands)
        rates.grant(demands, {"acme": Grant(of_all.left, share=1)})
        most = slow.burst + slow.per_second * clock.at + 1
        assert served <= most
        assert leavers <= most


def test_what_was_used_up_is_not_forgotten_by_silence_but_by_filling_up() -> None:
    clock = Hands()
    rates = rates_by(clock, shared=True)
    taken(rates, "acme", 500)
    assert sum(rates.take_reserve("acme") for _ in range(500)) == RATE.burst
    rates.grant(rates.demands(), {"acme": Grant(left=-1000, share=0.5)})
    clock.at = 1.1 * FORGOTTEN_AFTER
    rates.demands()
    assert taken(rates, "acme", 500) == 0
    clock.at = 60
    rates.demands()
    assert not rates.leases


def test_what_could_not_be_told_is_told_the_next_time() -> None:
    clock = Hands()
    rates = rates_by(clock, shared=True)
    taken(rates, "acme", 3)
    rates.demands()
    taken(rates, "acme", 4)
    assert [it.taken for it in rates.demands()] == [7]
