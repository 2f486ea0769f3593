"""Does what libraries and Python itself say of an error reach the log without its text?"""

import json

import pytest

from tests.drivers.forked_muster import run_script

FAILURES = {
    "a line of a library": """
        import logging
        try: raise ValueError("ada@example.com")
        except ValueError: logging.getLogger("some.library").exception("it failed")
    """,
    "a task that nobody awaits": """
        import asyncio
        async def fail(): raise ValueError("ada@example.com")
        async def main(): asyncio.create_task(fail()); await asyncio.sleep(0)
        asyncio.run(main())
    """,
    "a callback": """
        import asyncio
        def fail(person): raise ValueError(person)
        async def main():
            asyncio.get_running_loop().call_soon(fail, "ada@example.com"); await asyncio.sleep(0)
        asyncio.run(main())
    """,
    "a thread": """
        import threading
        def fail(): raise ValueError("ada@example.com")
        thread = threading.Thread(target=fail); thread.start(); thread.join()
    """,
    "a finalizer": """
        class Person:
            def __del__(self): raise ValueError("ada@example.com")
        Person()
    """,
}


@pytest.mark.parametrize("failure", FAILURES)
def test_an_error_that_is_not_ours_is_logged_by_its_type_and_place(failure: str) -> None:
    script = "\n".join(
        (
            "from deploy.logs import set_up_logs",
            "from deploy.settings import Settings",
            "set_up_logs(Settings(log_format='json', log_level='debug'))",
            *(line.removeprefix(" " * 8) for line in FAILURES[failure].splitlines()),
        )
    )
    done = run_script(script, environment={})
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["error"] == "ValueError"
    assert "ada" not in done.stdout + done.stderr


QUIET_FOR_A_WHILE = """
import structlog
from deploy.logs import logging_errors_alone, set_up_logs
from deploy.settings import Settings
set_up_logs(Settings(log_format="json"))
log = structlog.get_logger("some")
with logging_errors_alone():
    log.warning("left_out")
    log.error("serious")
log.info("afterwards")
"""


def test_lines_are_left_out_for_a_while_and_come_again() -> None:
    done = run_script(QUIET_FOR_A_WHILE, environment={})
    assert done.returncode == 0
    told = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert told == ["serious", "afterwards"]
