"""What does each portal have? A table lists the features; no other code asks for the portal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from contracts.rules import DashboardRules, MdmRules, Portal, StoreRules


@dataclass(frozen=True, slots=True)
class PortalFeatures:
    """The features of a portal.

    :param rules: the type of its rules, which lists the creations and deactivations possible there.
    :param has_roles: whether its accounts have roles, to which names can be mapped.
    :param counts_admins: whether a workspace must keep an Admin among its accounts.
    :param has_devices: whether devices are assigned to its accounts.
    """

    rules: type[StoreRules | DashboardRules | MdmRules]
    has_roles: bool = False
    counts_admins: bool = False
    has_devices: bool = False

    @property
    def creations(self) -> tuple[str, ...]:
        """Return the words for the possible creations, the default first."""
        return self._words("on_create")

    @property
    def deactivations(self) -> tuple[str, ...]:
        """Return the words for the possible deactivations, the default first."""
        return self._words("on_deactivate")

    def _words(self, field: str) -> tuple[str, ...]:
        options = get_args(self.rules.model_fields[field].annotation)
        return tuple(option.model_fields["do"].default for option in options)


PORTALS: Mapping[Portal, PortalFeatures] = {
    Portal.STORE: PortalFeatures(StoreRules),
    Portal.DASHBOARD: PortalFeatures(DashboardRules, has_roles=True, counts_admins=True),
    Portal.MDM: PortalFeatures(MdmRules, has_devices=True),
}
"""The features of each portal."""
