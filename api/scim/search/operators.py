"""How is one value compared in SQL? Each operator becomes a condition, which is never NULL."""

from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any, assert_never

from scim2_models.path import (
    ORDERING_OPERATORS,
    STRING_OPERATORS,
    AttributeBinding,
    CompareOperator,
)
from sqlalchemy import ColumnElement, and_, false, func, literal, not_, or_, true

from api.directory.dialects import in_code_points, position_of
from api.scim.search.attributes import Instant, Text, Value
from api.scim.search.comparison_form import text_form
from contracts.clock import microseconds_of
from contracts.names import trimmed

Condition = ColumnElement[bool]

EQUALITY = {CompareOperator.eq, CompareOperator.ne}

_ORDER = {
    CompareOperator.gt: gt,
    CompareOperator.ge: ge,
    CompareOperator.lt: lt,
    CompareOperator.le: le,
}


def compare(
    value: Value, binding: AttributeBinding, op: CompareOperator, expected: Any
) -> Condition:
    """Return the condition that a value, which may be missing, meets a comparison.

    The result is that of ``ScimFilter.match`` in memory.
    """
    match value:
        case Text(sql=sql, is_name=is_name):
            if is_name and op in EQUALITY and isinstance(expected, str):
                expected = trimmed(expected)
            return _compare_text(sql, binding, op, expected)
        case Instant(sql=sql):
            return _compare_instant(sql, op, expected)
        case never:
            assert_never(never)


def _compare_text(
    sql: ColumnElement[Any], binding: AttributeBinding, op: CompareOperator, expected: Any
) -> Condition:
    missing, present = sql.is_(None), sql.is_not(None)
    if expected is None:
        return {CompareOperator.eq: missing, CompareOperator.ne: present}.get(op, false())
    form = text_form(binding, expected)
    if form is None or (op in STRING_OPERATORS and not isinstance(expected, str)):
        return true() if op == CompareOperator.ne else false()
    text, length = literal(form), len(form)
    match op:
        case CompareOperator.eq:
            return and_(present, sql == text)
        case CompareOperator.ne:
            return or_(missing, sql != text)
        case CompareOperator.co:
            return and_(present, position_of(sql, text) > 0) if form else present
        case CompareOperator.sw:
            return and_(present, func.substr(sql, 1, length) == text)
        case CompareOperator.ew:
            end = func.substr(sql, func.length(sql) - length + 1)
            return and_(present, end == text) if form else present
        case _:
            return and_(present, _ORDER[op](in_code_points(sql), text))


def _compare_instant(sql: ColumnElement[Any], op: CompareOperator, expected: Any) -> Condition:
    if not isinstance(expected, datetime) or expected.tzinfo is None:
        return true() if op == CompareOperator.ne else false()
    instant = literal(microseconds_of(expected))
    match op:
        case CompareOperator.eq:
            return sql == instant
        case CompareOperator.ne:
            return sql != instant
        case _ if op in ORDERING_OPERATORS:
            return and_(_ORDER[op](sql, instant))
        case _:
            return false()


def compare_complex(assigned: Condition, op: CompareOperator, expected: Any) -> Condition:
    """Return the condition that a complex value, which equals no plain one, meets a comparison."""
    match op:
        case CompareOperator.eq:
            return not_(assigned) if expected is None else false()
        case CompareOperator.ne:
            return assigned if expected is None else true()
        case _:
            return false()


def compare_nothing(op: CompareOperator, expected: Any) -> Condition:
    """Return the condition that a missing attribute meets a comparison."""
    match op:
        case CompareOperator.eq:
            return true() if expected is None else false()
        case CompareOperator.ne:
            return false() if expected is None else true()
        case _:
            return false()


def is_present(value: Value) -> Condition:
    """Return the condition that a value exists and is not empty."""
    match value:
        case Text(sql=sql):
            return and_(sql.is_not(None), sql != "")
        case Instant():
            return true()
        case never:
            assert_never(never)
