# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every answer ends, whatever a server sends: in time, within a size, and a listing within a number of pages."""

from __future__ import annotations

import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.path_tree import Tree
from ansible_collections.ellipsis.drive.plugins.module_utils._account.verification import Prober
from ansible_collections.ellipsis.drive.plugins.module_utils._api.answer import LIMITS, Answer, Limits
from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import Oversized, TransportError
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import exchange, open_session
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, IncompleteListing
from ansible_collections.ellipsis.drive.plugins.module_utils._model.identifiers import address_part
from ansible_collections.ellipsis.drive.tests.emulator import (
    PASSWORD,
    PATHS,
    USER,
    USER_TOKEN,
    Emulator,
    ManualClock,
    serve,
)
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, present
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import API, Network, open_client

ROADS = PATHS["Projects/Roads"]
SMALL = Limits(answer=50_000, listing=200_000, pages=20)
DEEP = "[" * 100_000 + "]" * 100_000
SIZE = {"kind": "huge", "size": SMALL.answer}
LARGE, LATE = "is larger than 50,000 bytes", "was not complete after 0.5 seconds"
# What a server may do, and what is said of it.
STRETCHED: dict[str, tuple[dict[str, Any], str]] = {
    "huge": (SIZE, LARGE),
    "bomb": ({"kind": "bomb", "size": 10_000_000}, LARGE),
    "deep": ({"kind": "garbage", "body": "[" * 20_000}, "nested more than 100 levels deep"),
    "drip": ({"kind": "drip"}, LATE),
    "drip_head": ({"kind": "drip_head"}, LATE),
    "interim": ({"kind": "interim"}, LATE),
}
# Every kind of call that only reads, by the path that the server is asked for.
CALLS: dict[str, tuple[str, Callable[[Client], object]]] = {
    "list": ("accessToken$", lambda client: client.list_tokens()),
    "path": (f"/path/{ROADS}$", lambda client: client.get_path(ROADS)),
    "folder": ("/root/", lambda client: Tree(client).folders(["myDrive"])),
    "login": ("/account/login", lambda client: client.list_tokens()),
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator()
    with serve(emulator) as api_url:
        yield emulator, api_url


def client_of(api_url: str, **who: Any) -> Client:
    options: dict[str, Any] = {"api_token": USER_TOKEN, "timeout": 0.5, **who}
    connection = Connection(api_url, **options, retry_time=0)
    return Client(Sender(connection, open_session("test"), limits=SMALL))


# How slow an answer may be is decided below the calls.
ROWS = [(call, name) for call in CALLS for name in STRETCHED if call in ("list", "login") or STRETCHED[name][1] != LATE]


@pytest.mark.parametrize(("call", "stretched"), ROWS)
def test_every_answer_ends(call: str, stretched: str, served: tuple[Emulator, str]) -> None:
    """With one sentence that names the address and the limit."""
    emulator, api_url = served
    emulator.reset()
    emulator.seed_tokens(10)
    path, ask = CALLS[call]
    fault, words = STRETCHED[stretched]
    emulator.fault(**fault, path=path, times=None)
    who: dict[str, Any] = {"api_token": None, "username": USER, "password": PASSWORD} if call == "login" else {}
    if words != LATE:
        who["timeout"] = 60  # what is small enough must not be late on a busy machine
    with pytest.raises(TransportError) as caught:
        ask(client_of(api_url, **who))
    text = str(caught.value)
    assert words in text and "\n" not in text and len(text) < 400
    assert "/v3/" in text or "POST /account" in text or stretched == "deep"
    assert not emulator.tokens[10:]


@pytest.mark.parametrize("stretched", STRETCHED)
def test_a_probe_ends_and_proves_nothing(stretched: str, served: tuple[Emulator, str]) -> None:
    emulator, api_url = served
    emulator.reset()
    emulator.fault(**STRETCHED[stretched][0], path="/path/")
    prober = Prober(client_of(api_url), USER_TOKEN, timeout=0)
    (probe,) = prober.run((Grant(ROADS, "view"),), "all", "basic")
    assert probe.result in ("unproven", "ok") and probe.access_tier is None


@pytest.mark.parametrize("stretched", ["huge", "bomb", "drip", "interim"])
def test_the_question_whether_it_is_the_api_ends(stretched: str, served: tuple[Emulator, str]) -> None:
    emulator, api_url = served
    emulator.reset()
    emulator.fault(kind="status", status=404, body="no")
    emulator.fault(**STRETCHED[stretched][0], skip=1)
    with pytest.raises(EllipsisError, match="answered 404: no"):
        client_of(api_url).list_tokens()


def test_a_list_without_end(served: tuple[Emulator, str]) -> None:
    emulator, api_url = served
    emulator.reset()
    emulator.fault(kind="endless", path="accessToken", times=None)
    with pytest.raises(IncompleteListing, match=rf"{api_url}/account/\S+ has more than 20 pages, which is the most"):
        client_of(api_url).list_tokens()
    assert len(emulator.journal) == 20
    emulator.reset()
    emulator.fault(kind="endless", path="/root/", times=None)
    with pytest.raises(IncompleteListing, match=r"root/myDrive has more than 20 pages"):
        Tree(client_of(api_url)).folders(["myDrive"])


def test_a_list_of_large_pages(served: tuple[Emulator, str]) -> None:
    emulator, api_url = served
    emulator.reset()
    emulator.seed_tokens(400)
    emulator.fault(kind="huge", size=40_000, path="accessToken", times=None)
    with pytest.raises(IncompleteListing, match=r"has more than 200,000 bytes"):
        client_of(api_url).list_tokens()


def test_a_cursor_of_any_length(served: tuple[Emulator, str]) -> None:
    emulator, api_url = served
    emulator.reset()
    emulator.fault(kind="garbage", body='{"result": [], "nextPageStart": "%s"}' % ("x" * 5000))
    with pytest.raises(IncompleteListing, match="names its next page in more than 4096 characters"):
        client_of(api_url).list_tokens()


def test_a_hundred_thousand_tokens_are_within_the_limits() -> None:
    """Counted, not listed: a page has 30 of them, and one of them about 300 bytes; 2,000 leave room for long access lists."""
    assert LIMITS.pages * 30 >= 100_000
    assert LIMITS.listing >= 100_000 * 2_000
    emulator = Emulator()
    emulator.seed_tokens(31)
    open_client(emulator, api_token=USER_TOKEN).list_tokens()
    assert len(str(emulator.journal[0].answer)) < 30 * 500


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        ({"kind": "huge", "size": LIMITS.answer, "times": 1}, 1),
        ({"kind": "huge", "size": LIMITS.answer, "times": None}, 0),
        ({"kind": "garbage", "done": True, "body": DEEP, "times": 1}, 1),
        ({"kind": "garbage", "done": True, "body": DEEP, "times": None}, 0),
    ],
)
def test_a_creation_whose_answer_is_too_large_is_never_a_twin(fault: dict[str, Any], left: int) -> None:
    emulator = Emulator()
    controller = Controller(emulator)
    emulator.fault(method="POST", **fault)
    run = controller.run(present())
    assert len(run.after) == left
    assert (run.error is None) == bool(left)
    assert len(run.sent("POST")) == 2
    if run.error:
        assert "twice. Nothing was replaced" in str(run.error)


Server = Callable[[Iterator[bytes]], int]


@pytest.fixture
def server() -> Iterator[Server]:
    """Sends pieces to whoever connects, until that one hangs up; returns the port."""
    listeners: list[socket.socket] = []

    def serve_pieces(pieces: Iterator[bytes]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            with suppress(OSError):
                connection, _address = listener.accept()
                with connection:
                    connection.recv(65536)
                    for piece in pieces:
                        connection.sendall(piece)

        threading.Thread(target=run, daemon=True).start()
        return int(listener.getsockname()[1])

    yield serve_pieces
    for listener in listeners:
        listener.close()


def slowly(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        time.sleep(0.01)
        yield piece


HEAD = b"HTTP/1.1 200 OK\r\n"
WITHOUT_END: dict[str, Callable[[], Iterator[bytes]]] = {
    "body": lambda: itertools.chain([HEAD + b"Content-Length: 629145600\r\n\r\n"], itertools.repeat(b" " * 65536)),
    "body without a length": lambda: itertools.chain([HEAD + b"\r\n"], itertools.repeat(b" " * 65536)),
    "chunks": lambda: itertools.chain(
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"10000\r\n" + b" " * 65536 + b"\r\n")
    ),
    "length of a chunk": lambda: itertools.chain(
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"0" * 65536)
    ),
    "trailers": lambda: itertools.chain(
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], itertools.repeat(b"A: b\r\n" * 10_000)
    ),
    "interim answers": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "header": lambda: itertools.chain([HEAD + b"A: "], itertools.repeat(b"x" * 65536)),
    "headers": lambda: itertools.chain([HEAD], itertools.repeat(b"A: b\r\n" * 1000)),
    "status": lambda: itertools.repeat(b"H" * 65536),
    "redirect": lambda: itertools.chain(
        [b"HTTP/1.1 302 Found\r\nLocation: /\xff\r\nContent-Length: 629145600\r\n\r\n"], itertools.repeat(b" " * 65536)
    ),
    "slow body": lambda: slowly(itertools.chain([HEAD + b"\r\n"], itertools.repeat(b" "))),
    "slow head": lambda: slowly(itertools.chain([HEAD], itertools.repeat(b"A"))),
    "slow interim answers": lambda: slowly(itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
}


@pytest.mark.parametrize("through", ["http", "proxy"])
@pytest.mark.parametrize("name", WITHOUT_END)
def test_memory_and_time_are_bounded(name: str, through: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a proxy to CONNECT ends, too."""
    for variable in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    address = f"http://127.0.0.1:{server(WITHOUT_END[name]())}"
    if through == "proxy":
        monkeypatch.setenv("https_proxy", address)
        address = "https://api.invalid"
    tracemalloc.start()
    try:
        with pytest.raises(TransportError) as caught:
            exchange(
                open_session("test"), "GET", f"{address}/v3", secrets=(), largest=1_000_000, timeout=0.3, verify=True
            )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * LIMITS.answer
    text = str(caught.value)
    assert text.startswith(f"GET {address}/v3 ") and "\n" not in text and len(text) < 500


@pytest.mark.parametrize(("size", "fits"), [(16_777_216, True), (16_777_217, False)])
def test_the_most_bytes_of_an_answer(size: int, *, fits: bool) -> None:
    session = open_session("test")
    session.mount("http://", Network(ManualClock(), 200, bytes(size)))
    if fits:
        assert len(exchange(session, "GET", API, secrets=()).body) == size
    else:
        with pytest.raises(Oversized, match="its answer is larger than 16,777,216 bytes"):
            exchange(session, "GET", API, secrets=())


class Large(bytes):
    """A body that says that it is as large as it is told to be."""

    size = 0

    def __len__(self) -> int:
        return self.size


@pytest.mark.parametrize(("pages", "fits"), [(5_000, True), (5_001, False)])
def test_the_most_pages_of_a_list(pages: int, *, fits: bool) -> None:
    assert (
        _is_listed((b'{"result": [], "nextPageStart": %d}' % page for page in range(pages - 1)), "5,000 pages") is fits
    )


@pytest.mark.parametrize(("size", "fits"), [(134_217_728, True), (134_217_729, False)])
def test_the_most_bytes_of_a_list(size: int, *, fits: bool) -> None:
    """Two pages of this size, and a last one, which is not counted."""
    pages = [Large(b'{"result": [], "nextPageStart": %d}' % page) for page in range(2)]
    pages[0].size, pages[1].size = 134_217_728, size
    assert _is_listed(pages, "268,435,456 bytes") is fits


def _is_listed(pages: Iterable[bytes], most: str) -> bool:
    """Whether a list of these pages and a last one is read as a whole, within the limits of every client."""
    left = itertools.chain(pages, [b'{"result": [], "nextPageStart": null}'])

    class Pages(Sender):
        def send(self, *_arguments: Any, **_more: Any) -> Answer:
            return Answer("GET", "/x", 200, {}, next(left))

    client = Client(Pages(Connection(API, api_token=USER_TOKEN), open_session("test")))
    try:
        return client.list_tokens().tokens == ()
    except IncompleteListing as exc:
        return f"has more than {most}" not in str(exc)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../../path/x", "a/b", "a?x=", "%2e%2e", ROADS + "\n", ROADS + "?", "1"]
)
def test_what_is_no_id_goes_into_no_address(text: str) -> None:
    with pytest.raises(EllipsisError, match="is not a UUID, as every id of the API is"):
        address_part(text)


def test_an_id_does() -> None:
    assert address_part(ROADS) == ROADS and address_part(ROADS.upper()) == ROADS.upper()


def test_the_kind_for_what_is_too_large_is_not_asked_for_again(served: tuple[Emulator, str]) -> None:
    emulator, api_url = served
    emulator.reset()
    emulator.fault(**SIZE, times=None)
    sender = Sender(Connection(api_url, api_token=USER_TOKEN, timeout=0.5), open_session("test"), limits=SMALL)
    with pytest.raises(Oversized):
        Client(sender).list_tokens()
    assert len(emulator.journal) == 1
