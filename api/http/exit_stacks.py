"""What does a request hold until its answer is sent? Its exit stack keeps its slot.

The answer is sent after its handler has returned, which takes long with a slow client.
"""

from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


def exit_stack_of(request: Request) -> AsyncExitStack:
    """Return the exit stack of a request, which is unwound when the answer has been sent."""
    stack: AsyncExitStack = request.state.exit_stack
    return stack


class ExitStacks:
    """Gives every request an exit stack."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        async with AsyncExitStack() as exit_stack:
            scope.setdefault("state", {})["exit_stack"] = exit_stack
            await self.app(scope, receive, send)
