"""Are the descriptions of fields read once, and are they there all the same?"""

from collections.abc import Iterator

from scim2_models import PatchOp, PatchOperation
from scim2_models.base import BaseModel

from api.scim.protocol.field_descriptions import MESSAGES
from api.scim.protocol.resources import Group
from tests.drivers.forked_muster import run_script

READING = """
import api.app
from scim2_models.base import BaseModel

def below(model):
    for each in model.__subclasses__():
        yield each
        yield from below(each)

made = [it for it in below(BaseModel) if it.__pydantic_generic_metadata__["args"]]
print(len(made) > 3)
whole = [it for it in made if not it.__pydantic_generic_metadata__["parameters"]]
print({it.__name__ for it in whole if it.model_config["use_attribute_docstrings"]})
"""
"""Names the models that the api has made of others, and that have looked for their source."""

MADE_AS_THE_LIBRARY_LOADS = {"PatchOperation[Any]"}


def test_a_message_for_a_type_has_the_descriptions_of_any_message() -> None:
    for model, made in ((PatchOp, PatchOp[Group]), (PatchOperation, PatchOperation[Group])):
        described = {name: field.description for name, field in model.model_fields.items()}
        assert {name: it.description for name, it in made.model_fields.items()} == described
        assert any(described.values())


def test_every_message_that_is_made_for_a_type_is_in_the_table() -> None:
    of_types = {it for it in _below(BaseModel) if it.__pydantic_generic_metadata__["parameters"]}
    messages = {it for it in of_types if it.__module__.startswith("scim2_models.messages")}
    assert {it for it in messages if not it.__pydantic_generic_metadata__["args"]} == set(MESSAGES)


def test_no_message_that_the_api_loads_looks_for_its_source() -> None:
    done = run_script(READING)
    assert done.stderr == ""
    assert done.stdout == f"True\n{MADE_AS_THE_LIBRARY_LOADS}\n"


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)
