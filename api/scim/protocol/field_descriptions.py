"""When are the descriptions of fields read in the source of a model? Once, when it is declared.

``PatchOp[User]`` has the fields of ``PatchOp`` with their descriptions. Pydantic would look for the
source of every such model all the same, in each frame of the stack and each loaded module, which
takes a third of the time in which the api loads.
"""

from pydantic import BaseModel
from scim2_models import (
    BulkOperation,
    BulkRequest,
    BulkResponse,
    ListResponse,
    PatchOp,
    PatchOperation,
    ResponseParameters,
    SearchRequest,
)

MESSAGES: tuple[type[BaseModel], ...] = (
    BulkOperation,
    BulkRequest,
    BulkResponse,
    ListResponse,
    PatchOp,
    PatchOperation,
    ResponseParameters,
    SearchRequest,
)
"""The library's models of messages, which are made for a type of resources: ``PatchOp[User]``."""


def read_no_more(*models: type[BaseModel]) -> None:
    """Keep what is made of these models from looking for descriptions in the source again."""
    for model in models:
        model.model_config["use_attribute_docstrings"] = False
