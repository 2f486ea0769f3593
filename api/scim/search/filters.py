"""What does a filter mean in SQL? Its condition matches like ``ScimFilter.match``. Pure.

Every condition is true or false, never NULL, so that a negation selects all other resources.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isclass
from typing import Any

from pydantic import BaseModel
from scim2_models import InvalidFilterException, InvalidPathException, Path, ScimFilter
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from sqlalchemy import and_, false, not_, or_, true

from api.scim.protocol.resources import LISTS, OBJECTS, Group
from api.scim.search.attributes import MEMBERSHIPS, Attributes, Entries, Text, members_in
from api.scim.search.operators import (
    Condition,
    compare,
    compare_complex,
    compare_nothing,
    is_present,
)

MOST_TERMS, ENTRY_TERMS, MEMBERSHIP_TERMS, MANY_PARTS = 250, 3, 8, 8
"""Comparisons in one filter, and the numbers that a comparison counts for that reads the entries of
a list, memberships, or any part of an object: databases limit the depth of an expression (SQLite:
1,000), SQLite reads the document of a user anew for each list, and planning joins takes more than
in proportion."""

MOST_TERMS_OF_SELECTIONS = 50
"""Comparisons in all filters of one PATCH together. They become one expression, so that each member
is compared with all of them."""


def condition_of(scim_filter: ScimFilter[Any], attributes: Attributes) -> Condition:
    """Return the condition of a filter on one resource type; unknown attributes match nothing.

    :raises InvalidFilterException: when it is too large.
    """
    if _terms(scim_filter.ast) > MOST_TERMS:
        raise InvalidFilterException(
            detail=f"A filter has at most {MOST_TERMS} terms; one about a list counts for"
            f" {ENTRY_TERMS}, one about memberships for {MEMBERSHIP_TERMS}"
        )
    bound = ScimFilter.__class_getitem__(attributes.model)(str(scim_filter))
    return _ResourceFilter(bound, attributes).visit(bound.ast)


def condition_on_members(selections: Sequence[FilterNode]) -> Condition:
    """Return the condition that a membership matches one of the filters on a group's members.

    :raises InvalidPathException: when the filters are too large together.
    """
    if sum(map(_terms, selections)) > MOST_TERMS_OF_SELECTIONS:
        raise InvalidPathException(
            detail=f"The paths of a PATCH have at most {MOST_TERMS_OF_SELECTIONS} terms"
        )
    path = Path[Group]("members")
    binding, holder = path.resolve(), path.ast
    assert binding is not None
    assert isinstance(holder, AttrPath)
    entries = members_in(MEMBERSHIPS)
    selected = _EntryFilter(ScimFilter[Group]("members pr"), holder, binding, entries)
    return or_(false(), *(selected.visit(node) for node in selections))


def _terms(node: FilterNode) -> int:
    match node:
        case LogicalExpr(terms=terms):
            return sum(_terms(term) for term in terms)
        case Not(expr=inner):
            return _terms(inner)
        case ValuePath(attr_path=path, val_filter=inner):
            return _weight(path) + _terms(inner) - 1
        case Comparison(attr_path=path):
            return _weight(path)
        case Present(attr_path=path):
            return MANY_PARTS if _has_parts(path) else _weight(path)
        case _:
            return 1


def _weight(path: AttrPath) -> int:
    if path.attr.lower() in {"members", "groups"}:
        return MEMBERSHIP_TERMS
    return ENTRY_TERMS if path.attr.lower() in LISTS else 1


def _has_parts(path: AttrPath) -> bool:
    return path.sub_attr is None and path.attr.lower() in LISTS | OBJECTS


class _Logic(FilterVisitor[Condition]):
    """Translates the operators that combine conditions."""

    def visit_not(self, node: Not) -> Condition:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Condition:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op == LogicalOperator.and_ else or_(*terms)


@dataclass(frozen=True, slots=True)
class _ResourceFilter(_Logic):
    """Translates a filter on resources."""

    filter: ScimFilter[Any]
    attributes: Attributes

    def visit_comparison(self, node: Comparison) -> Condition:
        binding = self.filter.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return false()
        expected = coerce_value(binding, node.value, node.op)
        if not binding.is_multivalued:
            return self._single(binding, node.op, expected)
        assigned = self.attributes.is_assigned(binding)
        return or_(
            and_(assigned, self._multiple(binding, node.op, expected)),
            and_(not_(assigned), compare_nothing(node.op, expected)),
        )

    def _single(self, binding: AttributeBinding, op: CompareOperator, expected: Any) -> Condition:
        if _is_complex(binding):
            return compare_complex(self.attributes.is_assigned(binding), op, expected)
        return compare(self.attributes.value(binding), binding, op, expected)

    def _multiple(self, binding: AttributeBinding, op: CompareOperator, expected: Any) -> Condition:
        """Return the condition that any entry matches; for ``ne``, that none equals the value."""
        entries = self.attributes.entries(binding)
        matches = (
            compare_complex(true(), op, expected)
            if _is_complex(binding)
            else compare(Text(entries.text_of(binding)), binding, op, expected)
        )
        if op == CompareOperator.ne:
            return not_(entries.any(not_(matches)))
        return entries.any(matches)

    def visit_present(self, node: Present) -> Condition:
        binding = self.filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return false()
        parts = _parts(self.filter, node.attr_path, binding)
        if not binding.is_multivalued:
            return or_(*(is_present(self.attributes.value(part)) for part in parts))
        entries = self.attributes.entries(binding)
        return entries.any(or_(*(is_present(Text(entries.text_of(part))) for part in parts)))

    def visit_value_path(self, node: ValuePath) -> Condition:
        binding = self.filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return false()
        entries = self.attributes.entries(binding)
        selection = _EntryFilter(self.filter, node.attr_path, binding, entries)
        return entries.any(selection.visit(node.val_filter))


@dataclass(frozen=True, slots=True)
class _EntryFilter(_Logic):
    """Translates the filter in brackets, on one entry of a multi-valued attribute."""

    filter: ScimFilter[Any]
    holder: AttrPath
    binding: AttributeBinding
    entries: Entries

    def _resolve(self, inner: AttrPath) -> AttributeBinding | None:
        if inner.uri or inner.sub_attr:
            return None
        if not _is_complex(self.binding):
            return self.binding if inner.attr.lower() == "value" else None
        path = AttrPath(self.holder.attr, inner.attr, self.holder.uri)
        return self.filter.resolve(path, strict=False)

    def visit_comparison(self, node: Comparison) -> Condition:
        binding = self._resolve(node.attr_path)
        if binding is None:
            return false()
        expected = node.value
        if _is_complex(self.binding):
            expected = coerce_value(binding, expected, node.op)
        return compare(Text(self.entries.text_of(binding)), binding, node.op, expected)

    def visit_present(self, node: Present) -> Condition:
        binding = self._resolve(node.attr_path)
        return false() if binding is None else is_present(Text(self.entries.text_of(binding)))

    def visit_value_path(self, node: ValuePath) -> Condition:
        return false()  # a selection inside a selection, which errata forbid


def _parts(
    scim_filter: ScimFilter[Any], path: AttrPath, binding: AttributeBinding
) -> list[AttributeBinding]:
    """Return an attribute, or the parts of a complex one, any of which makes it present."""
    model = binding.target_type
    if not isclass(model) or not issubclass(model, BaseModel):
        return [binding]
    names = [field.serialization_alias or name for name, field in model.model_fields.items()]
    paths = [AttrPath(path.attr, name, path.uri) for name in names]
    parts = [scim_filter.resolve(part, strict=False) for part in paths]
    return [part for part in parts if part is not None]


def _is_complex(binding: AttributeBinding) -> bool:
    """Return whether a path ends at a complex attribute rather than at a plain value."""
    target = binding.target_type
    return isclass(target) and issubclass(target, BaseModel)
