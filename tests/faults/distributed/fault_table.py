"""Which faults are there? All of them, by name, and how often a long run draws each."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.faults.distributed import broker_faults as broker
from tests.faults.distributed import database_faults as database
from tests.faults.distributed import line_faults as line
from tests.faults.distributed import process_faults as process
from tests.faults.distributed import restores
from tests.faults.distributed import server_state_faults as server_state
from tests.faults.distributed.orders import Point
from tests.faults.distributed.site import Site


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong. What takes long, or much of the machine, has little weight."""

    happen: Callable[[Site], Awaitable[None]]
    weight: int


def _killed(part: str) -> Fault:
    return Fault(partial(process.kill, part=part), 60)


def _crashed(point: Point) -> Fault:
    return Fault(partial(process.crash, point=point), 40)


def _line(what: Callable[[Site, str], Awaitable[None]], of: str) -> Fault:
    return Fault(partial(what, line=of), 20)  # type: ignore[call-arg]


def _rolled_back(side: str, code: str) -> Fault:
    return Fault(partial(database.fail_statements, side=side, code=code), 15)


SIDES = ("directory", "downstream")
LINES = {
    "cut": line.cut,
    "refused": line.refuse,
    "stalled": line.stall,
    "stalled and cut": line.stall_and_cut,
    "slow": line.trickle,
}

FAULTS: Mapping[str, Fault] = {
    **{f"{part} killed": _killed(part) for part in ("api", "relay", "worker")},
    **{
        f"killed {point.name.lower().replace('_', ' ')}": _crashed(point)
        for point in Point
        if point is not Point.NOWHERE
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
    "line to broker forgotten": Fault(partial(line.forget, line="broker"), 4),
    "deliveries disordered": Fault(broker.disorder_deliveries, 40),
    "broker restarted": Fault(broker.restart, 2),
    "broker killed": Fault(broker.kill, 2),
    "broker out of memory": Fault(broker.exhaust_memory, 2),
    "broker out of disk": Fault(broker.exhaust_disk, 2),
    "database restarted": Fault(database.restart, 4),
    "database killed": Fault(database.kill, 4),
    **{
        f"{side} backends terminated": Fault(partial(database.terminate_backends, side=side), 30)
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
    **{f"{side} deadlocked": Fault(partial(database.deadlock, side=side), 4) for side in SIDES},
    **{f"{side} disk full": Fault(partial(database.fill_disk, side=side), 3) for side in SIDES},
    **{
        f"{side} failed over and back": Fault(
            partial(server_state.fail_over_and_back, side=side), 5
        )
        for side in SIDES
    },
    **{
        f"downstream {what} held": Fault(partial(server_state.hold, what=what), 3)
        for what in server_state.HELD
    },
    "older directory restored": Fault(restores.restore_directory, 1),
    "older downstream restored": Fault(restores.restore_downstream, 1),
}
