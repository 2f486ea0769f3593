"""How is that shown which a change names by an id? Its name is shown, with a link. Pure."""

from dataclasses import dataclass

from api.admin.mentions import Kind, Mention
from api.admin.named_changes import Names

PATHS = {
    Kind.PERSON: "/people/{connection}/{id}",
    Kind.GROUP: "/groups/{connection}/{id}",
    Kind.DEVICE: "/devices/{id}",
}
"""The paths of pages. That of a device needs the workspace, too."""

LONGEST = 60
"""Characters of a name that are shown."""


@dataclass(frozen=True, slots=True)
class Known:
    """A name in place of an id, which stays at hand; ``path`` is empty where there is no page."""

    text: str
    id: str
    path: str = ""
    of_workspace: bool = False


def known(mention: Mention, names: Names, wording: str = "{}") -> Known | str:
    """Return a mention by its name; by its id, where the name is not known any more.

    :param wording: has a place for the name.
    """
    name = names.get(mention)
    if name is None:
        return wording.format(mention.id)
    path = PATHS.get(mention.kind, "").format(connection=mention.connection, id=mention.id)
    return Known(wording.format(cut(name)), mention.id, path, mention.kind is Kind.DEVICE)


def cut(text: str) -> str:
    """Return a text, cut off where it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
