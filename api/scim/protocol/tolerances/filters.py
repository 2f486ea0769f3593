"""Which attribute does a filter mean? A bare ``manager`` is that of the enterprise extension."""

from dataclasses import replace

from scim2_models import ScimFilter
from scim2_models.path import (
    AttrPath,
    Comparison,
    FilterNode,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)

from api.scim.protocol.tolerances.targets import ENTERPRISE


def tolerate_filter(text: str) -> str:
    """Return a filter with the URN and sub-attribute of the manager spelled out.

    :raises InvalidFilterException: when the text is no filter.
    """
    if "manager" not in text.lower():
        return text
    return str(_qualified(ScimFilter(text).ast))


def _qualified(node: FilterNode) -> FilterNode:
    match node:
        case Comparison(attr_path=path):
            return replace(node, attr_path=_qualified_path(path, sub_attribute="value"))
        case Present(attr_path=path):
            return replace(node, attr_path=_qualified_path(path))
        case Not(expr=inner):
            return replace(node, expr=_qualified(inner))
        case LogicalExpr(terms=terms):
            return replace(node, terms=tuple(_qualified(term) for term in terms))
        case ValuePath() | _:
            return node


def _qualified_path(path: AttrPath, sub_attribute: str | None = None) -> AttrPath:
    if path.attr.lower() != "manager" or path.uri not in {None, ENTERPRISE}:
        return path
    return AttrPath("manager", path.sub_attr or sub_attribute, ENTERPRISE)
