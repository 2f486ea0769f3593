"""What if a request that creates is repeated? Under its idempotency key, it is answered as before.

A digest of the key has a row before the request is carried out, and the answer afterwards, sealed
with the token of the caller. Requests that failed are forgotten, because they changed nothing.
Decision 42 tells more.
"""

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Message, Scope, Send

from api.admin.http.asked import Asked
from api.admin.http.errors import KeyOfAnotherRequest, RequestInProgress, UnusableKey
from api.admin.http.sealing import NotSealedSo, seal, unseal
from api.directory.administration_tables import IdempotencyKey
from api.directory.dialects import insert_for
from api.directory.tables import ApiTable

KEYS = ApiTable.metadata.tables[str(IdempotencyKey.__tablename__)]

KEY_HEADER, REPLAYED_HEADER = "Idempotency-Key", "Idempotency-Replayed"

LONGEST_KEY = 255

KEY = re.compile(f"[!-~]{{1,{LONGEST_KEY}}}")
"""The keys that are taken: visible characters of ASCII."""

FORGOTTEN_AFTER = 24 * 3600 * 1_000_000
"""Microseconds after which a key may come with another request."""

FIRST_FAILURE = 300
"""The lowest status of an answer to a request that was not carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a whole. Names and values of headers are in Latin-1, as ASGI has them."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    async def send(self, send: Send, *, replayed: bool = False) -> None:
        """Send the answer, and say whether it was given before."""
        told = [*self.headers, (REPLAYED_HEADER, "true")] if replayed else self.headers
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body.encode()})


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request with an idempotency key; ``digest`` is that of the request.

    ``key`` is a digest, too, because clients may derive keys from personal data, such as a name.
    """

    asked: Asked
    key: str
    digest: str

    @property
    def about(self) -> str:
        """Return the caller, the key and the request, to which ``seal`` binds the kept answer."""
        return json.dumps([self.asked.actor.name, self.key, self.digest])

    @property
    def row(self) -> ColumnElement[bool]:
        """Return the condition that selects the row of this caller and key."""
        return and_(KEYS.c.actor == self.asked.actor.name, KEYS.c.key == self.key)

    async def serve(self, carry_out: Callable[[Send], Awaitable[None]], send: Send) -> None:
        """Carry the request out and send its answer, or send the answer that it had before.

        :raises KeyOfAnotherRequest: when the key has come with another request or token.
        :raises RequestInProgress: when the request is not answered yet.
        """
        if (kept := await self._begin()) is not None:
            await kept.send(send, replayed=True)
            return
        try:
            answer = await _whole_answer(carry_out)
        except Exception:
            await self._forget()
            raise
        if answer.status >= FIRST_FAILURE:
            await self._forget()
        else:
            with suppress(SQLAlchemyError, OSError):  # repeats meet RequestInProgress for a day
                await self._keep(answer)
        await answer.send(send)

    async def _begin(self) -> Answer | None:
        """Return the answer that was kept; None if this is the first request with its key."""
        it = self.asked.it
        now = it.clock()
        async with it.directory.write() as db:
            await db.execute(delete(KEYS).where(KEYS.c.at <= now - FORGOTTEN_AFTER))
            values = {"actor": self.asked.actor.name, "key": self.key, "request": self.digest}
            first = insert_for(db.dialect.name, KEYS).values(values | {"at": now})
            inserted = first.on_conflict_do_nothing().returning(KEYS.c.key)
            if (await db.execute(inserted)).first() is not None:
                return None
            row = (await db.execute(select(KEYS).where(self.row))).mappings().one_or_none()
        if row is None:
            raise RequestInProgress  # the first request failed just now
        if row["request"] != self.digest:
            raise KeyOfAnotherRequest
        if row["answer"] is None:
            raise RequestInProgress
        return self._opened(row["answer"])

    async def _keep(self, answer: Answer) -> None:
        content = json.dumps([answer.status, answer.headers, answer.body]).encode()
        kept = {
            "status": answer.status,
            "answer": seal(self.asked.secret, content, self.about),
        }
        async with self.asked.it.directory.write() as db:
            await db.execute(update(KEYS).where(self.row).values(kept))

    async def _forget(self) -> None:
        with suppress(SQLAlchemyError, OSError):
            async with self.asked.it.directory.write() as db:
                await db.execute(delete(KEYS).where(self.row))

    def _opened(self, sealed: bytes) -> Answer:
        try:
            status, headers, body = json.loads(unseal(self.asked.secret, sealed, self.about))
        except NotSealedSo:
            raise KeyOfAnotherRequest from None
        return Answer(status, [(name, value) for name, value in headers], body)


def repeatable(scope: Scope, key: str, body: bytes, asked: Asked) -> Repeatable:
    """Return a request that may be repeated.

    :raises UnusableKey: when the key has a form that is not taken.
    """
    if not KEY.fullmatch(key):
        raise UnusableKey(LONGEST_KEY)
    target = [scope["method"], scope["path"], scope["query_string"].decode("latin-1")]
    digest = sha256(json.dumps(target).encode() + b"\n" + body)
    return Repeatable(asked, sha256(key.encode()).hexdigest(), digest.hexdigest())


async def _whole_answer(carry_out: Callable[[Send], Awaitable[None]]) -> Answer:
    messages: list[Message] = []

    async def note(message: Message) -> None:
        messages.append(message)

    await carry_out(note)
    start, *rest = messages
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
    ]
    body = b"".join(message.get("body", b"") for message in rest)
    return Answer(start["status"], headers, body.decode())
