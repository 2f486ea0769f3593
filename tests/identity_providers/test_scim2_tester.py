"""Does scim2-tester, a client that knows the RFCs and no provider, find an error?"""

import asyncio

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from tests.drivers.in_process import Ingress


def checked(ingress: Ingress) -> list[CheckResult]:
    """Run every check of the tester; it brings its own client."""
    headers = {"Authorization": ingress.http.headers["authorization"]}
    with httpx2.Client(base_url=str(ingress.http.base_url), headers=headers, timeout=60) as http:
        return check_server(SyncSCIMClient(http))


@pytest.mark.parametrize("api", ["sqlite"], indirect=True)  # it is about the protocol, and slow
async def test_scim2_tester_finds_no_error(ingress: Ingress) -> None:
    results = await asyncio.to_thread(checked, ingress)
    bad = [
        f"{result.title}: {result.reason}"
        for result in results
        if result.status not in {Status.SUCCESS, Status.SKIPPED}
    ]
    assert bad == []
    assert len(results) > 100, "it checked every attribute"
