"""Which requests could two servers read differently? Each with the status that answers it."""

from collections.abc import Mapping

POST = b"POST /scim/v2/x/Users HTTP/1.1\r\nHost: a\r\n"

REFUSED: Mapping[str, tuple[bytes, int]] = {
    "two framings": (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "two framings, chunked first": (
        POST + b"transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n",
        400,
    ),
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    "two lengths in one header": (POST + b"Content-Length: 5, 6\r\n\r\n", 400),
    "a length with a sign": (POST + b"Content-Length: +5\r\n\r\n", 400),
    "a length in hexadecimal": (POST + b"Content-Length: 0x5\r\n\r\n", 400),
    "another coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    "two codings": (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n", 501),
    "two codings, chunked last": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "chunked twice": (
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        501,
    ),
    "chunked misspelled": (POST + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
    "chunked after a tab that is none": (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n", 400),
    "chunked in HTTP/1.0": (
        b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
    ),
    "a blank before the colon": (POST + b"Content-Length : 5\r\n\r\n", 400),
    "a header that is folded": (POST + b"X-A: b\r\n c\r\n\r\n", 400),
    "chunked that is folded": (POST + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n", 400),
    "a fold before the first header": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "a line without CR": (POST + b"X-A: b\nContent-Length: 5\r\n\r\n", 400),
    "a first line without CR": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
    "an end without CR": (POST + b"X-A: b\r\n\n", 400),
    "no CR at all": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "a CR alone": (POST + b"X-A: b\rContent-Length: 5\r\n\r\n", 400),
    "a NUL": (POST + b"X-A: b\x00c\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "an endless head": (b"GET /" + b"a" * 66_000, 431),
    "another HTTP": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "the beginning of TLS": (b"\x16\x03\x01\x02\x00\x01", 400),
    "a chunk that is longer than it says": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
        400,
    ),
    "a chunk whose line ends without CR": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\nabcde\r\n0\r\n\r\n",
        400,
    ),
    "a chunk with a line in its extension": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nabcde\r\n0\r\n\r\n",
        400,
    ),
    "a chunk with a sign": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nabcde\r\n0\r\n\r\n",
        400,
    ),
}
"""None of them is complete: what follows would be the beginning of another one."""
