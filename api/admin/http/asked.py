"""What does a route know of its request? It has the administration, the actor and the secret."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.admin.actors import Actor
from api.admin.administration import Administration

IN_SCOPE = "muster.asked"
"""The key of an ASGI scope under which the gate tells the routes who asks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The administration that a use case works with, and the actor for whom it runs.

    ``secret`` is the actor's token. It seals what only the actor may open, and goes nowhere else.
    """

    it: Administration
    actor: Actor
    secret: str

    def __repr__(self) -> str:
        """Show the actor alone."""
        return f"Asked({self.actor.name})"


def _asked(request: Request) -> Asked:
    asked = request.scope[IN_SCOPE]
    assert isinstance(asked, Asked)
    return asked


By = Annotated[Asked, Depends(_asked)]
"""A parameter of a route that tells by whom it is asked."""
