"""Which route changes rules and brake of a connection together? The route changes both or none."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field, JsonValue

from api.admin.change_rules import change_connection
from api.admin.connection_states import show_connection
from api.admin.http.asked import By
from api.admin.http.models import with_examples
from api.admin.http.routes.connections import OF_BRAKE, RULES
from api.admin.http.routes.rules import ChangedRulesShown
from api.admin.http.wanted_rules import RulesWanted
from api.admin.seen_names import mapping_warnings

router = APIRouter(prefix="/connections", tags=["connections"])

CHANGES: list[JsonValue] = [
    {"on_deactivate": "nothing", "brake": "200:20"},
    {"on_create": "create-employee"},
    {"brake": "off"},
]


class ChangeWanted(RulesWanted):
    """The choices of rules that change, and a new brake; choices left out stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": CHANGES})

    brake: str | None = Field(None, description=OF_BRAKE)


class ChangedConnectionShown(ChangedRulesShown):
    """Rules and brake after a change, and what became of the people, as after one of rules."""

    model_config = with_examples(
        {
            "connection": "acme-store",
            "rules": RULES,
            "brake": "200:20",
            "warnings": [],
            "marked": 250,
            "leavers": [],
        }
    )

    brake: str = Field(description=OF_BRAKE)


@router.patch("/{connection}")
async def change(connection: str, given: ChangeWanted, by: By) -> ChangedConnectionShown:
    """Change the given choices of rules, the brake, or both: all of it, or nothing.

    Choices change as by `PATCH …/rules`, and the brake as by `PUT …/brake`. A brake alone publishes
    nobody.
    """
    changed = await change_connection(by.it, by.actor, connection, given.choices(), given.brake)
    found = await show_connection(by.it, by.actor, connection)
    warnings = await mapping_warnings(by.it, by.actor, connection)
    return ChangedConnectionShown.model_validate(
        {
            "connection": connection,
            "rules": changed.rules,
            "brake": found.brake,
            "warnings": warnings,
            "marked": changed.marked,
            "leavers": changed.left_alone,
        }
    )
