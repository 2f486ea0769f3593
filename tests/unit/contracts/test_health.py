"""When is a process ready, and what does it say where something is amiss?"""

import asyncio

from sqlalchemy.exc import InterfaceError

from contracts.health import Check, run_checks
from contracts.secure_connections.problems import CertificateRefused


async def fine() -> str | None:
    return None


async def amiss() -> str | None:
    return "is amiss"


async def broken() -> str | None:
    raise ConnectionRefusedError("ada@acme.test")


async def test_a_process_without_problems_is_ready() -> None:
    health = await run_checks([Check("database", fine), Check("broker", fine, vital=False)])
    assert health.is_ready
    assert (health.problems, health.remarks) == ((), ())


async def test_what_is_not_vital_is_told_and_leaves_it_ready() -> None:
    health = await run_checks([Check("database", fine), Check("broker", amiss, vital=False)])
    assert health.is_ready
    assert health.remarks == ("broker: is amiss",)


async def test_what_is_vital_makes_it_unready_with_the_reason() -> None:
    health = await run_checks([Check("database", amiss), Check("broker", fine, vital=False)])
    assert not health.is_ready
    assert health.problems == ("database: is amiss",)


async def test_an_error_is_a_problem_by_its_name_and_not_by_its_text() -> None:
    health = await run_checks([Check("database", broken)])
    assert health.problems == ("database: ConnectionRefusedError",)


async def test_the_problem_of_a_secured_connection_says_how_to_mend_it() -> None:
    async def refused() -> str | None:
        expired = CertificateRefused("the certificate of the server has expired on Friday")
        raise InterfaceError("SELECT 1", {}, expired) from expired

    health = await run_checks([Check("database", refused)])
    assert health.problems == ("database: the certificate of the server has expired on Friday",)


async def test_a_check_that_hangs_is_a_problem() -> None:
    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    health = await run_checks([Check("database", hangs)], seconds=0.01)
    assert health.problems == ("database: TimeoutError",)
