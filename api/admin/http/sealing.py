"""How are cursors and kept answers sealed? The caller's own token seals them, and is not stored.

The directory holds digests of tokens only, so that its reader opens no answer that is kept there.
Decision 42 tells more.
"""

import json
import os
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT_BYTES, NONCE_BYTES = 16, 12


class NotSealedSo(Exception):
    """The bytes were not sealed with this secret, about this matter."""


def seal(secret: str, content: bytes, about: str) -> bytes:
    """Encrypt and authenticate a content.

    :param secret: a token of 256 random bits.
    :param about: the matter of the content, which has to be told again to open it.
    """
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    return salt + nonce + _cipher(secret, salt).encrypt(nonce, content, about.encode())


def unseal(secret: str, sealed: bytes, about: str) -> bytes:
    """Return a content that was sealed.

    :raises NotSealedSo: when it was sealed with another secret, about another matter, or not here.
    """
    salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    nonce, encrypted = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
    if not encrypted:
        raise NotSealedSo
    try:
        return _cipher(secret, salt).decrypt(nonce, encrypted, about.encode())
    except InvalidTag:
        raise NotSealedSo from None


def list_named(path: str, filters: Iterable[tuple[str, str]]) -> str:
    """Return the matter of a place in a list, for ``seal``.

    Its key means nothing in a list of another path or with other filters, and perhaps nothing to
    another version of Muster, which may have other keys.
    """
    return json.dumps([_version(), path, sorted(filters)])


@cache
def _version() -> str:
    return version("muster-scim")


def _cipher(secret: str, salt: bytes) -> AESGCM:
    """Return a cipher of its own for each salt, so that no key seals too much."""
    derived = HKDF(hashes.SHA256(), length=32, salt=salt, info=b"muster admin")
    return AESGCM(derived.derive(secret.encode()))
