"""What do providers send that the RFCs do not foresee? This table lists each form and its meaning.

No other module but the guides of ``api.admin.providers`` knows a provider's name. Pure: JSON in,
JSON out. A tolerance belongs to the type of the attribute that a value is for, so it holds in POST,
PUT, PATCH and Bulk, in every operation, with and without a path (docs/decisions/0024).

| sent | what Muster does | by |
| --- | --- | --- |
| unknown attributes, schemas and keys, in bodies | leave them out | Okta, Entra ID |
| a key ``name`` in an operation, ``id`` and ``externalId`` beside | ignore them | Entra ID |
| an unknown PATCH *path* | refuse it, as the RFC says | no provider in earnest |
| ``password`` | accept it, throw it away | Okta, in every wizard-made app |
| ``Add``, ``Replace``, ``Remove``; ``"True"`` for a boolean (1) | read them | Entra ID |
| keys ``name.givenName``, ``urn:…:User:department`` (1) | take them for paths | Entra ID, Ping |
| ``username Eq "…"`` and names in any case (1) | read it, as the RFC says | Ping |
| ``Operations`` that is empty | change nothing | Entra ID's validator |
| ``upd-1a2b3c`` in any text, an e-mail too (2) | keep it | Entra ID's validator |
| ``emails[type eq "work"].value`` without such an entry (1) | make the entry | Entra ID |
| ``roles[primary eq "True"].value`` (1) | make it, with a boolean | Entra ID |
| a second group of a name (3) | refuse it with 409 | Entra ID's validator wants it |
| **derived:** ``id``, ``meta``, ``groups`` and the manager's ``displayName`` in a body or \
in a value without a path; with one, as they are | let them pass | clients that send back what GET \
showed; Okta, at every rename |
| **one value:** an array of one, or an object of one ``value`` | take what is in it | Entra ID |
| a boolean that is ``""`` | empty it | Entra ID's validator |
| a value beside the removal of one | ignore it | Entra ID |
| **one object:** an array of one; JSON text in a string | take it, read it | Keycloak clients |
| ``""``, ``[]``, null | empty it, again too | Entra ID's validator |
| the manager as a text | make an object of it | Entra ID |
| the manager as ``{"value": ""}`` | empty it | Entra ID |
| the manager without its URN, in a path or a filter | the enterprise extension's | Entra ID |
| **many values:** one where a list is due | make a list of it | OneLogin |
| JSON text in a string, for the list or for an entry | read it | Keycloak clients |
| ``""``, null; an entry that is ``""`` | empty it; no entry | Entra ID's validator |
| a removal with texts as values | go by the values | older jobs of Entra ID |
| a role whose ``value`` is an app role as JSON text | take its value and name | Entra ID |
| **members:** ids in place of objects | take them | older jobs of Entra ID |
| removal with a value | no other; by the ids alone | Entra ID, JumpCloud, authentik |
| ``""`` added, or as what is removed | no member is added or removed | no provider in earnest |
| a type of the client's own, or in any case | find out the type; only the other kind \
contradicts | Ping, Okta |
| unknown members (4) | keep the known | Okta |

(1) by the library, under ``POLICY`` or always; (2) in ``api.scim.protocol.resources``; (3) in
``api.scim.groups.statements``; (4) in ``api.scim.members.writes``.
"""

from api.scim.protocol.tolerances.bodies import known_schemas, tolerate_bulk, tolerate_resource
from api.scim.protocol.tolerances.filters import tolerate_filter
from api.scim.protocol.tolerances.library_policy import POLICY
from api.scim.protocol.tolerances.operations import NO_OPERATION, tolerate_patch
from api.scim.protocol.tolerances.targets import ENTERPRISE, MANAGER

__all__ = [
    "ENTERPRISE",
    "MANAGER",
    "NO_OPERATION",
    "POLICY",
    "known_schemas",
    "tolerate_bulk",
    "tolerate_filter",
    "tolerate_patch",
    "tolerate_resource",
]
