# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a connection: until its time is over, and up to a number of bytes; and how a body is unpacked."""

from __future__ import annotations

import gzip
import io
import random
import socket
import tracemalloc
import zlib
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api import bounded
from ansible_collections.ellipsis.drive.plugins.module_utils._api.bounded import TooLarge, TooLong, _Reader, read_body
from ansible_collections.ellipsis.drive.tests.emulator import ManualClock


class Line:
    """A socket and its bytes, which come late: each piece after some seconds of a clock. One that waits for nothing has no timeout."""

    def __init__(self, clock: ManualClock, timeout: float | None, *pieces: tuple[float, bytes]) -> None:
        self.clock, self.pieces, self.closed = clock, list(pieces), False
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        return self._timeout

    def settimeout(self, seconds: float | None) -> None:
        assert seconds is None or seconds > 0
        self._timeout = seconds

    def readinto(self, buffer: bytearray) -> int:
        seconds, piece = self.pieces.pop(0)
        if self._timeout is not None and seconds > self._timeout:
            self.clock.advance(self._timeout)
            raise TimeoutError
        self.clock.advance(seconds)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    made = ManualClock(1000)
    monkeypatch.setattr(bounded, "time", SimpleNamespace(monotonic=made.now))
    return made


def reader_of(line: Any) -> Any:
    return _Reader(line, line)


def test_an_answer_is_counted_byte_by_byte(clock: ManualClock) -> None:
    """Its head, too, which nothing else counts."""
    most = 16_777_216
    reader = reader_of(Line(clock, None, (9, bytes(most - 6)), (9, b""), (9, bytes(6)), (9, bytes(1))))
    assert [reader.readinto(bytearray(most)) for _time in range(3)] == [most - 6, 0, 6]
    with pytest.raises(TooLarge, match="its answer is larger than 16,777,216 bytes, which is the most"):
        reader.readinto(bytearray(1))


@pytest.mark.parametrize(
    ("pieces", "read", "ended"),
    [
        ([(0, b"a"), (4.75, b"b")], b"ab", None),
        ([(4.75, b"a"), (0.125, b"b"), (0, b"c")], b"abc", None),
        # What comes at the very end comes too late for the next piece.
        ([(5, b"a"), (0, b"b")], b"a", 5),
        ([(6, b"a")], b"", 5),
        # Silence after a first byte, however late that was.
        ([(4.75, b"a"), (60, b"b")], b"a", 5),
        ([(0, b"a"), (60, b"b")], b"a", 5),
        ([(2, b"a"), (2, b"b"), (2, b"c")], b"ab", 5),
    ],
)
def test_all_of_an_answer_comes_within_the_timeout(
    pieces: list[tuple[float, bytes]], read: bytes, ended: float | None, clock: ManualClock
) -> None:
    reader, buffer, got = reader_of(Line(clock, 5.0, *pieces)), bytearray(1), b""
    start = clock.now()

    def read_all() -> None:
        nonlocal got
        for _piece in pieces:
            reader.readinto(buffer)
            got += buffer

    if ended is None:
        read_all()
    else:
        with pytest.raises(TooLong, match=r"^timed out, its answer was not complete after 5 seconds$"):
            read_all()
        assert clock.now() - start == ended
    assert got == read


def test_one_that_is_asked_for_too_late(clock: ManualClock) -> None:
    reader = reader_of(Line(clock, 5.0, (0, b"a")))
    clock.advance(5.5)
    with pytest.raises(TooLong):
        reader.readinto(bytearray(1))


def test_each_answer_has_the_whole_timeout(clock: ManualClock) -> None:
    """Also the second one on a connection, or the one that comes through a tunnel after that of the proxy."""
    line = Line(clock, 5.0, (2, b"a"), (2, b"b"), (4, b"c"))
    first = reader_of(line)
    assert [first.readinto(bytearray(1)) for _piece in range(2)] == [1, 1]
    assert reader_of(line).readinto(bytearray(1)) == 1


def test_what_is_closed_lets_go_of_its_socket() -> None:
    here, there = socket.socketpair()
    with there:
        reader = io.BufferedReader(_Reader(here, here.makefile("rb", buffering=0)))
        here.close()
        there.settimeout(5)
        there.sendall(b"a")
        assert reader.readable() and reader.read(1) == b"a"
        reader.close()
        assert there.recv(1) == b"" and reader.raw.closed


def test_a_small_body_that_unpacks_to_a_huge_one() -> None:
    bomb = gzip.compress(b" " * 200_000_000, mtime=0)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            read_body([bomb], "gzip", 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "encoding", "words"),
    [
        (b"{}", "br", "compressed in a way that was not asked for"),
        (b"{}", "gzip, gzip", "compressed in a way that was not asked for"),
        (b"{}", "gzip", "can't be decompressed"),
        # The form that "deflate" stands for.
        (zlib.compress(b"{}"), "gzip", "can't be decompressed"),
        (gzip.compress(b"{}", mtime=0)[:-3], "gzip", "ends before its end"),
    ],
)
def test_what_can_not_be_unpacked(body: bytes, encoding: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_body([body], encoding, 100)


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", " GZIP ", "x-gzip"])
def test_what_can(encoding: str) -> None:
    packed = gzip.compress(b"{}", mtime=0) if "gzip" in encoding.lower() else b"{}"
    assert read_body([packed[:5], packed[5:]], encoding, 2) == b"{}"
    assert read_body([], encoding, 2) == b""


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("size", "fits"), [(0, True), (99_999, True), (100_000, True), (100_001, False)])
def test_a_body_of_the_most_bytes(size: int, *, packed: bool, fits: bool) -> None:
    """In pieces, as it comes. Packed ones are counted as they are unpacked, and repeat what is almost as far back as gzip can look."""
    body = random.Random(0).randbytes(32_000) * 4
    sent = gzip.compress(body[:size], mtime=0) if packed else body[:size]
    pieces = (sent[start : start + 7_000] for start in range(0, len(sent), 7_000))
    if fits:
        assert read_body(pieces, "gzip" if packed else "", 100_000) == body[:size]
    else:
        with pytest.raises(TooLarge, match="is larger than 100,000 bytes"):
            read_body(pieces, "gzip" if packed else "", 100_000)
