"""How is a search carried out? Translated at once where it is short, and in a thread where not.

A filter of 250 comparisons takes the better part of a second to translate and to compile. Nobody
sends it twice, so that it is not kept either: what is kept of statements is for short ones.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from scim2_models import ResourceType, SearchRequest
from sqlalchemy import CursorResult, Dialect, Select

from api.fairness.work import SMALL_WORK
from api.scim.search.attributes import ATTRIBUTES
from api.scim.search.pages import Page, find_page
from api.scim.search.query import search_for
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction

FILTER_EFFORT = 8
"""What a character of a filter counts for, in those of JSON that are only read."""


def effort_of(*texts: str) -> int:
    """Return the work that it is to read and translate what a search asks for."""
    return FILTER_EFFORT * sum(map(len, texts))


async def find(
    transactions: Transactions,
    tx: Transaction,
    types: Sequence[ResourceType],
    wanted: SearchRequest[Any],
    cursor: Any,
    base_url: str,
) -> Page:
    """Find a page, and load nothing of it.

    :param cursor: the one that the cursor held, if any.
    :param base_url: what locations and references begin with.
    """
    attributes = [ATTRIBUTES[str(type_.name)].below(base_url) for type_ in types]
    effort = effort_of(str(wanted.filter or ""))
    work, owner = transactions.shares.work, transactions.owner
    translate = partial(search_for, tx.connection_id, wanted, attributes)
    search = await work.run(owner, translate, effort)

    async def run(statement: Select[Any]) -> CursorResult[Any]:
        result: CursorResult[Any]
        if effort <= SMALL_WORK:
            result = await tx.db.execute(statement)
        else:
            compile_ = partial(compiled, statement, tx.db.dialect)
            sql, values = await work.run(owner, compile_, effort)
            result = await tx.db.exec_driver_sql(sql, values)
        return result

    return await find_page(run, search, cursor)


def compiled(statement: Select[Any], dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """Return a statement as its driver takes it, with the values of its parameters in order."""
    made: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = made.construct_params()
    sent = []
    for name in made.positiontup:  # both drivers take parameters by their numbers
        type_ = made.binds[name].type
        process = type_.dialect_impl(dialect).bind_processor(dialect)
        sent.append(process(values[name]) if process else values[name])
    return str(made), tuple(sent)
