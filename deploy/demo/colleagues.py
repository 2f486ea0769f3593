"""Who works at the demo's customer? The people are invented, and example.com has no owner."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import normalize
from zlib import crc32

from contracts.rules import Portal

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

STORE = frozenset({Portal.STORE})
DASHBOARD = STORE | {Portal.DASHBOARD}
MDM = STORE | {Portal.MDM}
EVERYWHERE = frozenset(Portal)


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person whom the provider pushes to some portals.

    ``alias`` is a userName that does not come from the name, ``mailbox`` an e-mail that several
    people share.
    """

    name: str
    title: str
    department: str
    portals: Collection[Portal]
    alias: str | None = None
    mailbox: str | None = None

    def married(self, name: str) -> "Colleague":
        """Return the same person by another name, and so with another address."""
        return replace(self, name=name)

    @property
    def user_name(self) -> str:
        """Return the address by which the provider knows the person."""
        if self.alias:
            return self.alias
        plain = normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return f"{plain.lower().replace(' ', '.')}@example.com"

    def profile(self, *, active: bool = True) -> dict[str, Any]:
        """Return the user that Okta pushes."""
        given, _, family = self.name.partition(" ")
        return {
            "schemas": [USER, ENTERPRISE],
            "userName": self.user_name,
            "name": {"givenName": given, "familyName": family},
            "emails": [{"primary": True, "value": self.mailbox or self.user_name, "type": "work"}],
            "displayName": self.name,
            "externalId": f"00u{crc32(given.encode()):010x}",  # given names differ, and stay
            "title": self.title,
            ENTERPRISE: {"department": self.department, "organization": "Example"},
            "groups": [],
            "active": active,
        }


OWNER = Colleague("Robin Ashby", "Head of IT", "IT", DASHBOARD, alias="owner@example.com")
NADIA = Colleague("Nadia Ostrom", "Systems administrator", "IT", EVERYWHERE)
ADMINS = (OWNER, NADIA)

ZOE = Colleague("Zoë Albright", "Designer", "Product", EVERYWHERE)
DEV = Colleague("Dev Marchetti", "Product manager", "Product", DASHBOARD)
EDITORS = (Colleague("Chiara Lindqvist", "Content lead", "Marketing", EVERYWHERE), DEV, ZOE)

ELIF = Colleague("Elif Sandoval", "Analyst", "Finance", DASHBOARD)
HANA = Colleague("Hana Brightwater", "Head of operations", "Operations", EVERYWHERE)
IVO = Colleague("Ivo Calloway", "Researcher", "Product", EVERYWHERE)
READERS = (ELIF, HANA, IVO, Colleague("Gustav Perrin", "Controller", "Finance", DASHBOARD))

MATEO = Colleague("Mateo Thorne", "Field engineer", "Operations", MDM)
FIELD_ENGINEERS = (
    Colleague("Kofi Larkspur", "Field engineer", "Operations", MDM),
    Colleague("Lena Varga", "Field engineer", "Operations", MDM),
    MATEO,
)

FARAH = Colleague("Farah Winslow", "Engineer", "Engineering", MDM)
PRIYA = Colleague("Priya Fairbank", "Account executive", "Sales", MDM)
QUENTIN = Colleague("Quentin Moss", "Recruiter", "People", STORE)
STAFF = (
    Colleague("Amara Holt", "Engineer", "Engineering", MDM),
    Colleague("Bruno Castellan", "Engineer", "Engineering", MDM),
    FARAH,
    Colleague("Jun Ashdown", "Site reliability engineer", "Engineering", MDM),
    Colleague("Anne-Sophie Featherstone-Wolkenburg", "Executive assistant", "Office", MDM),
    Colleague("Oskar Delacroix", "Account executive", "Sales", MDM),
    PRIYA,
    QUENTIN,
    Colleague("Rosa Ekdahl", "Front desk", "Office", STORE, mailbox="frontdesk@example.com"),
    Colleague("Samir Holloway", "Counsel", "Legal", STORE),
)
CONTRACTORS = tuple(
    Colleague(name, "Contractor", "Fit-out project", STORE)
    for name in (
        "Anouk Verhey",
        "Bashir Colegate",
        "Celeste Norling",
        "Dario Whitlock",
        "Esra Lindgren",
        "Finn Arkwright",
    )
)
FIRST = (*ADMINS, *EDITORS, *READERS, *FIELD_ENGINEERS, *STAFF, *CONTRACTORS)
"""The people who are assigned when SCIM is switched on."""

TOVE = Colleague("Tove Bellamy", "Engineer", "Engineering", MDM)
UMA = Colleague("Uma Greaves", "Copywriter", "Marketing", DASHBOARD)
VIKTOR = Colleague("Viktor Sable", "Field engineer", "Operations", MDM)
WANDA = Colleague("Wanda Ilves", "Data engineer", "Engineering", EVERYWHERE)
XAVIER = Colleague("Xavier Penrose", "Bookkeeper", "Finance", STORE)
YARA = Colleague("Yara Stenberg", "Engineer", "Engineering", MDM)
GWEN = Colleague("Gwen Tamaki", "Account executive", "Sales", MDM)
HUGO = Colleague("Hugo Rosswell", "Front desk", "Office", STORE, mailbox="frontdesk@example.com")
INES = Colleague("Ines Karlowitz", "Engineering manager", "Engineering", EVERYWHERE)
JONAS = Colleague("Jonas Meriwether", "Support engineer", "Support", MDM)
KAYA = Colleague("Kaya Brandt", "Support engineer", "Support", EVERYWHERE)
