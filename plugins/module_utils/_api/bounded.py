# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections on which every answer ends: it must be complete in time and within the limit of size (law 15).

The timeout of C(requests) counts for each read, so a byte a second, or one interim answer after the other, would go on for
ever. Here everything that is read for one answer counts together: interim answers, the head, the body, and the answer of a
proxy to CONNECT.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
import typing as t
import zlib

from .answer import LIMITS

try:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import ConnectTimeoutError
except ImportError:  # session.py says so
    HTTPAdapter = HTTPConnection = HTTPSConnection = object  # type: ignore[assignment,misc]  # the classes below are never used
    HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment,misc]

_GZIP = 16 + zlib.MAX_WBITS


class TooLong(Exception):
    """The answer was not complete in time."""


class TooLarge(Exception):
    """The answer is larger than the limit."""

    def __init__(self, most: int) -> None:
        super().__init__(f"its answer is larger than {most:,} bytes, which is the most that is read of one")


class _Reader(io.RawIOBase):
    """The bytes of a socket until its timeout is over, counted from now, and up to a number of them."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw, self._left = sock, raw, LIMITS.answer
        self._seconds = sock.gettimeout()
        self._deadline = None if self._seconds is None else time.monotonic() + self._seconds

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: t.Any) -> int:
        """Read from the socket. Raises TooLong or TooLarge beyond the time or the size."""
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise self._too_long()
            self._sock.settimeout(left)
        try:
            count = t.cast(int, self._raw.readinto(buffer))  # None is for sockets that do not wait
        except socket.timeout:
            raise self._too_long() from None
        self._sock.settimeout(self._seconds)
        self._left -= count
        if self._left < 0:
            raise TooLarge(LIMITS.answer)
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()

    def _too_long(self) -> TooLong:
        return TooLong(f"timed out, its answer was not complete after {self._seconds:g} seconds")


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))


class _PlainConnection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        """Connect. A handshake that takes too long raises ConnectTimeoutError, since no request was sent."""
        try:
            super().connect()
        except socket.timeout as exc:  # an OSError of its own before Python 3.10
            raise ConnectTimeoutError(self, f"the TLS handshake timed out after {self.timeout} seconds") from exc


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class BoundedAdapter(HTTPAdapter):
    """The way of C(requests) to servers and proxies, on such connections."""

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Called once."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Called for every request through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


def read_body(pieces: t.Iterable[bytes], encoding: str, most: int) -> bytes:
    """A body, unpacked if need be, of at most so many bytes; TooLarge, or ValueError when it can't be unpacked."""
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise ValueError("its answer is compressed in a way that was not asked for")
    unpacked = _unpacked(pieces) if encoding.endswith("gzip") else pieces
    parts, size = [], 0
    for part in unpacked:
        size += len(part)
        if size > most:
            raise TooLarge(most)
        parts.append(part)
    return b"".join(parts)


def _unpacked(pieces: t.Iterable[bytes]) -> t.Iterator[bytes]:
    """The unpacked body in pieces, so that a small body that unpacks to a huge one is never in memory as a whole."""
    unpacker, empty = zlib.decompressobj(_GZIP), True
    try:
        for piece in pieces:
            packed = piece
            while packed:
                empty = False
                yield unpacker.decompress(packed, zlib.DEF_BUF_SIZE)
                packed = unpacker.unconsumed_tail
    except zlib.error:
        raise ValueError("its answer can't be decompressed") from None
    if not empty and not unpacker.eof:
        raise ValueError("its answer ends before its end")
