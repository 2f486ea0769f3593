"""What is aimed at? This table alone says it; a run holds what it has measured against it.

Rates and times move with the machine. An aim is a share of what a floor does in the same run,
wherever there is a floor. Where less is better, it is the floor's share of what was measured.
"""

from collections.abc import Mapping, Sequence

from tests.benchmarks.aim import Aim, Part, Unit

ALONE = "api alone, no relay and no worker"
TWO_APIS = "two api processes with relay, and a worker"
ONE_API = "one api process with relay, and a worker"
SINGLE = "single process on SQLite"
FIRST_PAGE = "the first page of 100 deep in the largest directory"
MORE, LESS = "one member more", "one member less"
IN_LARGEST = "in the largest group, beside the smallest"

FLAT = 1.5
"""Times as much at a hundred or a thousand times the size: noise, and a deeper index."""


def _as_used(part: Part, where: str, shares: Mapping[str, float]) -> Sequence[Aim]:
    return [Aim(part, f"{where}: {work}", share, Unit.SHARE) for work, share in shares.items()]


def _arrivals(part: Part, where: str, **milliseconds: float) -> Sequence[Aim]:
    what = f"{where}: from the answer to the commit downstream"
    return [
        Aim(part, f"{what}, {name}", value, Unit.MILLISECONDS)
        for name, value in milliseconds.items()
    ]


AIMS: Sequence[Aim] = (
    Aim(Part.COMMANDS, "processor of muster --version", 0.3, Unit.SECONDS),
    Aim(Part.COMMANDS, "processor of muster status", 0.8, Unit.SECONDS),
    # --- the api by itself -------------------------------------------------------------------
    Aim(Part.INGRESS, f"{ALONE}: create, 1 at a time", 0.65, Unit.SHARE),
    Aim(Part.INGRESS, f"{ALONE}: deactivate, 1 at a time", 0.60, Unit.SHARE),
    Aim(Part.INGRESS, f"{ALONE}: look up by userName, 1 at a time", 0.75, Unit.SHARE),
    Aim(Part.INGRESS, f"{ALONE}: create, 16 at a time", 0.65, Unit.SHARE),
    Aim(Part.INGRESS, f"{ALONE}: deactivate, 16 at a time", 0.60, Unit.SHARE),
    Aim(Part.INGRESS, f"{ALONE}: look up by userName, 16 at a time", 0.80, Unit.SHARE),
    Aim(Part.INGRESS, "a create asks the database", 1, Unit.ROUND_TRIPS),
    Aim(Part.INGRESS, "a plain PATCH asks the database", 2, Unit.ROUND_TRIPS),
    Aim(Part.INGRESS, "a look-up asks the database", 1, Unit.ROUND_TRIPS),
    Aim(Part.PAGES, FIRST_PAGE, 20, Unit.MILLISECONDS),
    Aim(Part.PAGES, f"{FIRST_PAGE}, beside the smallest", FLAT, Unit.TIMES),
    Aim(Part.PAGES, f"{ALONE}: {MORE} {IN_LARGEST}", FLAT, Unit.TIMES),
    Aim(Part.PAGES, f"{ALONE}: {LESS} {IN_LARGEST}", FLAT, Unit.TIMES),
    # --- relay and worker by themselves ------------------------------------------------------
    # 10,000 identities/s, where the floors published 6,266 single messages and upserted 33,574
    # rows; a drain of 5,000/s.
    Aim(Part.RELAY, "one relay publishes", 1.6, Unit.SHARE),
    Aim(Part.WORKER, "one worker makes accounts", 0.30, Unit.SHARE),
    Aim(Part.WORKER, "one worker goes over accounts", 0.30, Unit.SHARE),
    Aim(Part.WORKER, "two workers go over accounts, beside one", 1.6, Unit.SHARE),
    Aim(Part.WORKER, "drain, everything running", 0.15, Unit.SHARE),
    # --- everything running ------------------------------------------------------------------
    # 1,200 writes/s, where the floor made 2,340 creates/s. The search for the highest rate ends
    # within 15 %, so that a difference of less is none.
    Aim(Part.STEADY, "highest steady writes/s", 0.50, Unit.SHARE),
    Aim(Part.STEADY, "highest steady writes/s, large beside small", 0.85, Unit.SHARE),
    # 0.14 s and 0.29 s were measured without the transaction, which takes up to 60 ms.
    Aim(Part.LEAVERS, "the longest leaver while joiners queue", 0.20, Unit.SECONDS),
    Aim(Part.LEAVERS, "the longest leaver when a mapped group has gone", 0.35, Unit.SECONDS),
    # --- as Muster is used, beside its peers ---------------------------------------------------
    # Aimed at were rates and times (docs/performance.md). They are held as shares of what two bare
    # processes did on that machine: 938 creates/s at one connection; 2,340 creates/s, 2,158
    # deactivations/s and 2,916 look-ups/s at sixteen; a page in 1.2 ms, a member in 1.1 ms, and
    # 1.1 ms of processor for a write.
    *_as_used(
        Part.PEERS,
        TWO_APIS,
        {
            "create, 1 at a time": 0.48,
            "create, 16 at a time": 0.51,
            "deactivate, 16 at a time": 0.60,
            "look up by userName, 16 at a time": 0.86,
            "a page of 100, ms": 0.24,
            MORE: 0.21,
            LESS: 0.21,
        },
    ),
    *_as_used(
        Part.PEERS,
        ONE_API,
        {
            "create, 1 at a time": 0.43,
            "create, 16 at a time": 0.38,
            "deactivate, 16 at a time": 0.46,
            "look up by userName, 16 at a time": 0.75,
            "a page of 100, ms": 0.24,
            MORE: 0.21,
            LESS: 0.21,
            "processor ms for a write at 50/s": 0.15,
            "highest steady writes/s": 0.38,
        },
    ),
    *_arrivals(Part.PEERS, ONE_API, p50=6, p99=20),
    # The floor on SQLite is not known of a quiet machine. These are shares of 1,000 creates/s at
    # one connection; 1,800 creates/s, as many deactivations and 5,000 look-ups/s at sixteen; a page
    # and a member in 1 ms, and 0.9 ms of processor for a write.
    *_as_used(
        Part.SQLITE,
        SINGLE,
        {
            "create, 1 at a time": 0.40,
            "create, 16 at a time": 0.50,
            "deactivate, 16 at a time": 0.50,
            "look up by userName, 16 at a time": 0.44,
            "a page of 100, ms": 0.15,
            MORE: 0.20,
            LESS: 0.20,
            "processor ms for a write at 50/s": 0.18,
            "highest steady writes/s": 0.67,
        },
    ),
    *_arrivals(Part.SQLITE, SINGLE, p50=4, p99=20),
    *(
        Aim(part, f"{where}: {what} {IN_LARGEST}", FLAT, Unit.TIMES)
        for part, where in ((Part.PEERS, TWO_APIS), (Part.PEERS, ONE_API), (Part.SQLITE, SINGLE))
        for what in (MORE, LESS)
    ),
)
