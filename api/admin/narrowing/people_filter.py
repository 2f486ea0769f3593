"""What is wanted of a list of people? A filter tells it. Pure."""

from dataclasses import dataclass

from api.directory.people_by_name import Beginning
from api.reconciliation.person_states import PersonState
from contracts.names import name_key


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Selects people that match all that is given.

    ``inactive`` selects those who are inactive or deleted. ``search`` is a part of a userName, an
    e-mail, an externalId or a displayName, in any case of letters. ``waived`` selects those whose
    held loss was rejected: they keep account or role although the provider has taken it away.
    ``active`` selects those who are neither inactive nor deleted. ``begins`` is the beginning of a
    userName, of the first e-mail, of a displayName or a family name, in any case of letters, or of
    an externalId as it is written; it selects no person whom the provider has deleted.
    """

    workspace: str | None = None
    connection: str | None = None
    state: PersonState | None = None
    inactive: bool = False
    search: str | None = None
    waived: bool = False
    active: bool = False
    begins: str | None = None

    @property
    def search_key(self) -> str:
        """Return the comparison key that names have to contain."""
        return name_key(self.search or "")

    @property
    def beginning(self) -> Beginning | None:
        """Return the beginning that a name has to have; None: any name will do."""
        beginning = Beginning.of(self.begins or "")
        return beginning if beginning.key else None

    @property
    def only_active(self) -> bool | None:
        """Return whether only active people are selected, or only inactive ones; None: neither."""
        return None if self.active is self.inactive else self.active

    @property
    def includes_gone(self) -> bool:
        """Return whether deleted people are listed whose deletion has arrived."""
        return self.inactive or bool(self.search_key)


EVERYBODY = PeopleFilter()
