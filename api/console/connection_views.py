"""What do the pages of a connection show of it? Its facts are read by use cases, for any page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.admin.connection_states import show_connection
from api.admin.connections import ConnectionInUse
from api.admin.delete_connection import left_to_close
from api.admin.first_call import provider_calls
from api.admin.named_actors import names_of_actors
from api.admin.overview import ConnectionOverview, overviews_of
from api.admin.providers.fill_in import Values, filled_in
from api.admin.providers.named_guides import GUIDES, provider_named
from api.admin.rule_choices import RuleChoices, choices_of
from api.admin.seen_names import names_of_groups
from api.admin.setup_links import ListedLink, list_setup_links
from api.admin.tokens import ListedToken, TokenState, list_tokens
from api.connection_urls import base_url_of
from api.console.rule_forms import MOST_ROWS, Groups
from api.console.visit import Visit


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection with all that its page shows.

    ``people_left`` is None unless it closes. ``actors`` are names of administrators.
    """

    connection: ConnectionInUse
    base_url: str
    people: ConnectionOverview
    choices: RuleChoices
    groups: Groups
    tokens: Sequence[ListedToken]
    links: Sequence[ListedLink]
    actors: Mapping[str, str]
    people_left: int | None


async def connection_view(visit: Visit, connection_id: str) -> ConnectionView:
    """Return a connection for its page.

    :raises UnknownConnection: when there is no connection with this id that the visitor reaches.
    """
    it, actor = visit.it, visit.actor
    found = await show_connection(it, actor, connection_id)
    choices = choices_of(found.rules)
    [people] = await overviews_of(it, [found])
    tokens = await list_tokens(it, actor, found.id)
    links = await list_setup_links(it, actor, found.id)
    makers = [*(each.created_by for each in tokens), *(each.created_by for each in links)]
    return ConnectionView(
        connection=found,
        base_url=base_url_of(it.public_url, found.id),
        people=people,
        choices=choices,
        groups=Groups(names=await names_of_mapped(visit, found.id, choices)),
        tokens=tokens,
        links=links,
        actors=await names_of_actors(it, actor, [found.state_by, *makers]),
        people_left=(await left_to_close(it, [found])).get(found.id),
    )


async def names_of_mapped(
    visit: Visit, connection_id: str, *chosen: RuleChoices
) -> Mapping[str, str]:
    """Return the names of the groups that are mapped by their ids, as many as a page shows."""
    mapped = [line.group for each in chosen for line in (each.group_map or ())[:MOST_ROWS]]
    if not mapped:
        return {}
    return await names_of_groups(visit.it, visit.actor, connection_id, mapped)


async def calls_shown(visit: Visit, connection_id: str) -> Mapping[str, Any]:
    """Return the values that the template ``calls.html`` names: the calls of the provider."""
    calls = await provider_calls(visit.it, visit.actor, connection_id)
    return {"calls": calls, "connection_id": connection_id}


async def provider_shown(visit: Visit, connection: ConnectionInUse) -> Mapping[str, Any]:
    """Return the values that the steps at the provider name, to be entered, and the calls since."""
    tokens = await list_tokens(visit.it, visit.actor, connection.id)
    provider = provider_named(visit.asked("for"))
    base_url = base_url_of(visit.it.public_url, connection.id)
    values = Values(connection.id, connection.portal, base_url)
    return {
        "connection": connection,
        "provider": provider or "",
        "guide": None if provider is None else filled_in(GUIDES[provider], values),
        "base_url": base_url,
        "live": [token for token in tokens if token.state is TokenState.LIVE],
        **await calls_shown(visit, connection.id),
    }
