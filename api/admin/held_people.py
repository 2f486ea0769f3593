"""Who is held by a brake, and what would happen to them? Losses are listed with names."""

from dataclasses import dataclass

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.held import list_held
from api.admin.named_people import NamedPerson, people_with_ids
from api.directory.brake_limits import Effect
from api.outbox.held_losses import HeldLoss
from contracts.downstream.pages import Key, Page


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """A held loss, and its person; None where the person has gone since the list was read."""

    loss: HeldLoss
    person: NamedPerson | None


async def page_held(
    it: Administration,
    actor: Actor,
    connection_id: str,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[HeldPerson]:
    """Return a page of the people who are held, effect by effect, the longest held first.

    :param after: the key with which the page before has ended.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    last = None if after is None else _loss_at(after)
    found = await list_held(it, actor, connection_id, after=last, most=most + 1)
    people = await people_with_ids(it, actor, connection_id, [it.identity for it in found])
    named = [(HeldPerson(loss, people.get(loss.identity)), _key_of(loss)) for loss in found]
    return Page.of(named, most)


def _key_of(loss: HeldLoss) -> Key:
    return loss.effect.value, loss.since, loss.identity


def _loss_at(key: Key) -> HeldLoss:
    effect, since, identity = key
    return HeldLoss(str(identity), Effect(str(effect)), int(since))
