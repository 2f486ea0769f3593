"""Is every failure of a peer told as one? Even when it looks like a cancellation."""

import asyncio

import pytest

from contracts.remote_calls import RemoteCallFailed, remote_call

LONG = 60.0


async def test_what_succeeds_passes_through() -> None:
    async with remote_call(LONG, late="late"):
        await asyncio.sleep(0)


async def test_a_peer_that_is_late_has_failed() -> None:
    with pytest.raises(RemoteCallFailed, match=r"^no answer$"):
        async with remote_call(0, late="no answer"):
            await asyncio.Event().wait()


async def test_an_error_is_told_by_its_name_because_its_text_may_be_personal() -> None:
    with pytest.raises(RemoteCallFailed, match=r"^ConnectionResetError$"):
        async with remote_call(LONG, late="late"):
            raise ConnectionResetError("ada@acme.test")


async def test_a_cancellation_that_nobody_asked_for_is_a_failure_of_the_peer() -> None:
    with pytest.raises(RemoteCallFailed, match=r"^connection lost$"):
        async with remote_call(LONG, late="late"):
            raise asyncio.CancelledError


async def test_a_cancellation_that_somebody_asked_for_goes_through() -> None:
    async def ask() -> None:
        async with remote_call(LONG, late="late"):
            await asyncio.Event().wait()

    asking = asyncio.ensure_future(ask())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
