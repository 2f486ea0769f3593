"""What does a request hold until its answer is sent? Whatever it has put on its stack.

An answer is sent after the function that made it has ended, and a slow client takes its time.
"""

from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


def exit_stack_of(request: Request) -> AsyncExitStack:
    """Return the stack of a request, which is unwound when its answer has been sent."""
    stack: AsyncExitStack = request.state.held
    return stack


class ExitStacks:
    """Gives every request a stack."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        async with AsyncExitStack() as held:
            scope.setdefault("state", {})["held"] = held
            await self.app(scope, receive, send)
