"""Which attributes will the answer show? Pure; what it will not show need not be loaded."""

from typing import Any

from scim2_models import Resource, ResponseParameters


def shows(
    parameters: ResponseParameters[Any] | None, model: type[Resource[Any]], field: str
) -> bool:
    """Say whether an answer under these parameters shows anything of a field of the model."""
    if parameters is None:
        return True
    if parameters.attributes:
        asked = [path.resolve(model) for path in parameters.attributes]
        return any(binding is not None and binding.field_name == field for binding in asked)
    left_out = [path.resolve(model) for path in parameters.excluded_attributes or ()]
    return not any(
        binding is not None and binding.field_name == field and binding.sub_field_name is None
        for binding in left_out
    )
