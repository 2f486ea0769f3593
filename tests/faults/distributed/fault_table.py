"""Which faults are there? All of them, by name, and how often a long run draws each."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.faults.distributed import broker_faults as broker
from tests.faults.distributed import database_faults as database
from tests.faults.distributed import line_faults as line
from tests.faults.distributed import noise_faults as noise
from tests.faults.distributed import process_faults as process
from tests.faults.distributed import restores
from tests.faults.distributed import server_state_faults as server_state
from tests.faults.distributed import state_faults as state
from tests.faults.distributed.orders import OF_STATES, Point
from tests.faults.distributed.recoveries import (
    AT_ONCE,
    BROKER_BACK,
    DATABASES_BACK,
    DIRECTORY_BACK,
    DIRECTORY_RETRIED,
    DOWNSTREAM_BACK,
    LEASE,
    LINE_GIVEN_UP,
    RETRIED,
    Recovery,
)
from tests.faults.distributed.site import Site


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong. What takes long, or much of the machine, has little weight."""

    happen: Callable[[Site], Awaitable[None]]
    weight: int
    recovery: Recovery = AT_ONCE
    """What leavers may have to wait for, once it is over."""


def _killed(part: str, recovery: Recovery) -> Fault:
    return Fault(partial(process.kill, part=part), 60, recovery)


def _crashed(point: Point) -> Fault:
    has_relay = "relay" in process.PARTS_AT[point] or "api" in process.PARTS_AT[point]
    return Fault(partial(process.crash, point=point), 40, LEASE if has_relay else AT_ONCE)


def _line(what: Callable[[Site, str], Awaitable[None]], of: str) -> Fault:
    return Fault(partial(what, line=of), 20, BACK[of])  # type: ignore[call-arg]


def _rolled_back(side: str, code: str) -> Fault:
    return Fault(partial(database.fail_statements, side=side, code=code), 15, RETRIED_ON[side])


BACK = {
    "broker": BROKER_BACK,
    "database": DATABASES_BACK,
    "directory": DIRECTORY_BACK,
    "downstream": DOWNSTREAM_BACK,
}
RETRIED_ON = {"directory": DIRECTORY_RETRIED, "downstream": RETRIED}
SIDES = ("directory", "downstream")
LINES = {
    "cut": line.cut,
    "refused": line.refuse,
    "stalled": line.stall,
    "stalled and cut": line.stall_and_cut,
    "slow": line.trickle,
}

FAULTS: Mapping[str, Fault] = {
    "api killed": _killed("api", LEASE),
    "relay killed": _killed("relay", LEASE),
    "worker killed": _killed("worker", AT_ONCE),
    **{
        f"killed {point.name.lower().replace('_', ' ')}": _crashed(point)
        for point in Point
        if point is not Point.NOWHERE and point not in OF_STATES
    },
    "process stopped": Fault(process.stop, 30),
    "clock stepped": Fault(process.step_clock, 40),
    "all clocks stepped": Fault(process.step_all_clocks, 20),
    "leases lapsed": Fault(process.lapse_leases, 30),
    **{
        f"line to {of} {how}": _line(what, of)
        for of in ("broker", "database")
        for how, what in LINES.items()
    },
    # Not to the database, where a statement in the middle has a minute to be answered.
    "line to broker forgotten": Fault(partial(line.forget, line="broker"), 4, LINE_GIVEN_UP),
    "deliveries disordered": Fault(broker.disorder_deliveries, 40),
    "broker restarted": Fault(broker.restart, 2, BROKER_BACK),
    "broker killed": Fault(broker.kill, 2, BROKER_BACK),
    "broker out of memory": Fault(broker.exhaust_memory, 2, BROKER_BACK),
    "broker out of disk": Fault(broker.exhaust_disk, 2, BROKER_BACK),
    "database restarted": Fault(database.restart, 4, DATABASES_BACK),
    "database killed": Fault(database.kill, 4, DATABASES_BACK),
    **{
        f"{side} backends terminated": Fault(
            partial(database.terminate_backends, side=side), 30, BACK[side]
        )
        for side in SIDES
    },
    **{
        f"{side} {name}": _rolled_back(side, code)
        for side in SIDES
        for name, code in (
            ("serialisation failures", database.SERIALISATION_FAILURE),
            ("deadlocks reported", database.DEADLOCK),
        )
    },
    **{
        f"{side} deadlocked": Fault(partial(database.deadlock, side=side), 4, RETRIED_ON[side])
        for side in SIDES
    },
    "directory disk full": Fault(partial(database.fill_disk, side="directory"), 3, DIRECTORY_BACK),
    "downstream disk full": Fault(partial(database.fill_disk, side="downstream"), 3, RETRIED),
    **{
        f"{side} failed over and back": Fault(
            partial(server_state.fail_over_and_back, side=side), 5, BACK[side]
        )
        for side in SIDES
    },
    **{
        f"downstream {what} held": Fault(partial(server_state.hold, what=what), 3, RETRIED)
        for what in server_state.HELD
    },
    "older directory restored": Fault(restores.restore_directory, 1, DIRECTORY_BACK),
    "older downstream restored": Fault(restores.restore_downstream, 1, DOWNSTREAM_BACK),
    "connection paused over kills": Fault(state.pause_over_kills, 10, LEASE),
    "brake tripped over kills": Fault(state.trip_brake_over_kills, 10, LEASE),
    "connection deleted over kills": Fault(state.delete_over_kills, 10, LEASE),
    "noisy tenant": Fault(noise.send_dear_requests, 10),
    "noisy tenant with a thousand connections": Fault(noise.open_connections, 10),
}


async def happen(site: Site, name: str) -> None:
    """Let a fault happen to the site."""
    fault = FAULTS[name]
    async with site.outage(fault.recovery):
        await fault.happen(site)
