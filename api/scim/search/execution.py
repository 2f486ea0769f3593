"""How is a search carried out? Short filters are translated at once, long ones in a thread.

A filter of 250 comparisons takes the better part of a second to translate and to compile. Clients
do not repeat such filters, so that SQLAlchemy's cache of statements is left to short ones.
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
"""How often a character of a filter counts, in characters of JSON that are only read."""


def effort_of(*texts: str) -> int:
    """Return the effort of reading and translating the texts of a search, in bytes of JSON."""
    return FILTER_EFFORT * sum(map(len, texts))


async def find(
    transactions: Transactions,
    tx: Transaction,
    types: Sequence[ResourceType],
    wanted: SearchRequest[Any],
    content: Any,
    base_url: str,
) -> Page:
    """Return the page of a search, without loading its resources.

    :param content: the content of the request's cursor, if it has one.
    :param base_url: the start of locations and references.
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

    return await find_page(run, search, content)


def compiled(statement: Select[Any], dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """Return a statement as SQL for its driver, with the values of its parameters in order."""
    made: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = made.construct_params()
    sent = []
    for name in made.positiontup:  # the drivers take parameters by position
        type_ = made.binds[name].type
        process = type_.dialect_impl(dialect).bind_processor(dialect)
        sent.append(process(values[name]) if process else values[name])
    return str(made), tuple(sent)
