"""Which settings can be wrong? Unknown ones, unusable ones, and those that contradict others."""

from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.integration.deploy.doctor.installation import Installation
from tests.servers.ports import free_port


async def a_mistyped_variable(it: Installation) -> None:
    it.set(POTR="8000")


async def a_value_in_words(it: Installation) -> None:
    it.set(SWEEP_SECONDS="secret")


async def one_port_for_two(it: Installation) -> None:
    port = str(free_port())
    it.set(PORT=port, METRICS_PORT=port)


async def no_public_url(it: Installation) -> None:
    del it.environment["MUSTER_PUBLIC_URL"]
    it.set(HOST="0.0.0.0")  # noqa: S104 - nothing is served there


async def the_prefix_twice(it: Installation) -> None:
    it.environment["MUSTER_PUBLIC_URL"] += "/scim/v2"


async def no_sweep(it: Installation) -> None:
    it.set(SWEEP_SECONDS="0")


async def a_bulk_beyond_a_body(it: Installation) -> None:
    it.set(LARGEST_BODY="2000000", LARGEST_BULK="3000000")


async def a_broker_beside_sqlite(it: Installation) -> None:
    it.set(
        DIRECTORY_DATABASE_URL=f"sqlite:///{it.file(DIRECTORY)}",
        DOWNSTREAM_DATABASE_URL=f"sqlite:///{it.file(DOWNSTREAM)}",
    )
