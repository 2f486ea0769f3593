"""How do choices of rules look over HTTP? Fields of a body become the choices of the use cases."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from contracts.rules import Role

CHOICES: list[JsonValue] = [
    {"on_deactivate": "nothing"},
    {
        "on_create": "create-collaborator",
        "role": "viewer",
        "on_deactivate": "remove-collaborator",
        "role_map": [{"name": "Muster Admins", "role": "admin"}],
    },
]


class RoleLineWanted(BaseModel):
    """A name of a group, or a value of the SCIM attribute `roles`, and the role that it gives."""

    model_config = ConfigDict(extra="forbid")

    name: str
    role: Role


class GroupLineWanted(BaseModel):
    """The id of a group that was pushed, and the role that it gives, whatever its name is."""

    model_config = ConfigDict(extra="forbid")

    group: str
    role: Role


class RulesWanted(BaseModel):
    """Choices that make up rules. `GET /admin/v1/portals` lists what each portal has."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": CHOICES})

    on_create: str | None = Field(None, description="The action on a user who is created.")
    on_deactivate: str | None = Field(None, description="The action on a user who is deactivated.")
    role: Role | None = Field(None, description="The role of a new collaborator.")
    policy: str | None = Field(None, description="The policy that devices change to.")
    role_map: list[RoleLineWanted] | None = Field(
        None, description="Names and their roles; an empty list maps no name any more."
    )
    group_map: list[GroupLineWanted] | None = Field(
        None, description="Groups by their ids, and their roles; an empty list maps none any more."
    )

    def choices(self) -> RuleChoices:
        """Return the choices in the words of the use cases."""
        lines = self.role_map
        role_map = None if lines is None else [RoleChoice(it.name, it.role) for it in lines]
        groups = self.group_map
        group_map = None if groups is None else [GroupChoice(it.group, it.role) for it in groups]
        choices = self.on_create, self.on_deactivate, self.role, self.policy
        return RuleChoices(*choices, role_map, group_map)
