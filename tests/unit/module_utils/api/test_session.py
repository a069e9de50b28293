# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real failures of real requests say about whether they arrived."""

from __future__ import annotations

import io
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import InsecureRequestWarning

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    NoServer,
    Rejected,
    TransportError,
    Unsent,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import Bearer, exchange, open_session
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.access_tokens import MOST_AT_A_TIME
from ansible_collections.ellipsis.drive.tests.emulator import ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import API, Network

SECRET = "test-secret"
Server = Callable[[Callable[[socket.socket], None]], int]
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    """Serves one connection on loopback with a function and closes it; returns the port."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(answer: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            # Some of these tests hang up.
            with connection, suppress(OSError):
                answer(connection)

        threads.append(threading.Thread(target=run, daemon=True))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield serve
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(5)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def failure(url: str, session: requests.Session | None = None, **arguments: Any) -> TransportError:
    more: dict[str, Any] = {"auth": Bearer(SECRET), "timeout": 5, "verify": True, **arguments}
    with pytest.raises(TransportError) as caught:
        exchange(session or open_session("test"), "POST", url, secrets=[SECRET], **more)
    assert caught.value.__cause__ is None
    text = str(caught.value)
    assert text.startswith(f"POST {url} ")
    assert SECRET not in text and "0x" not in text and "\n" not in text
    return caught.value


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def answering(text: str) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text.replace("\n", "\r\n").encode())

    return answer


def test_a_token_is_all_that_says_who_asks(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither cookies of a server nor a netrc file do."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session, seen = open_session("ellipsis.drive/test"), []

    def answer(connection: socket.socket) -> None:
        seen.append(connection.recv(65536).lower())
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=test; Path=/\r\nContent-Length: 2\r\n\r\n{}")

    first, second = (f"http://127.0.0.1:{server(answer)}/v3" for _request in range(2))
    for url in (first, second):
        exchange(session, "GET", url, secrets=(), timeout=5)
    assert [b"cookie" in request or b"authorization" in request for request in seen] == [False, False]
    assert b"user-agent: ellipsis.drive/test\r\n" in seen[0] and b"accept: application/json\r\n" in seen[0]


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "täst"])
def test_what_is_no_token_is_not_sent(token: str) -> None:
    """Nor shown, as the libraries would do."""
    with pytest.raises(EllipsisError, match=r"^A token that is not one line of ASCII without spaces can't be sent"):
        Bearer(token)


def test_closed_port(closed_port: int) -> None:
    error = failure(f"http://127.0.0.1:{closed_port}/v3")
    assert error.__class__ is NoServer
    assert "Connection refused. Check api_url, and HTTPS_PROXY in the environment if a proxy" in str(error)


def test_closed_port_over_tls(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle is that of the options, which was read already."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle")
    assert failure(f"https://localhost:{closed_port}/v3").__class__ is NoServer


@pytest.mark.parametrize(
    ("number", "kind"), [(socket.EAI_NONAME, NoServer), (socket.EAI_AGAIN, Unsent)], ids=["unknown", "nobody to ask"]
)
def test_unknown_name(number: int, kind: type[TransportError], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_name: object) -> None:
        raise socket.gaierror(number, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure("http://no-such-host.invalid/v3")
    assert error.__class__ is kind
    assert "no-such-host.invalid" in str(error)
    assert "Check the name in api_url, and the name service of this host" in str(error)


def test_a_handshake_without_an_answer_sent_nothing(server: Server) -> None:
    port = server(silent)
    error = failure(f"https://127.0.0.1:{port}/v3", timeout=(0.2, 5))
    assert error.__class__ is Unsent
    assert "the TLS handshake timed out after 0.2 seconds" in str(error)


@pytest.mark.parametrize("answer", [hang_up, reset], ids=["closed", "reset"])
def test_hung_up_after_the_request(answer: Callable[[socket.socket], None], server: Server) -> None:
    assert (failure(f"http://127.0.0.1:{server(answer)}/v3")).__class__ is TransportError


def test_no_answer_in_time(server: Server) -> None:
    done = threading.Event()
    error = failure(f"http://127.0.0.1:{server(lambda _connection: _wait(done))}/v3", timeout=0.05)
    done.set()
    assert (error).__class__ is TransportError
    assert "timed out" in str(error) and "Raise timeout if the server is slow" in str(error)


def _wait(done: threading.Event) -> None:
    done.wait(5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HTTP/1.1 200 OK\nContent-Length: 10\n\nshort", "5 more expected"),
        ("nonsense\n\n", "nonsense"),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nz", "InvalidChunkLength"),
        (
            "HTTP/1.1 200 OK\nContent-Encoding: br\nContent-Length: 2\n\n{}",
            "compressed in a way that was not asked for",
        ),
        ("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 2\n\n{}", "its answer can't be decompressed"),
    ],
)
def test_half_an_answer(text: str, words: str, server: Server) -> None:
    error = failure(f"http://127.0.0.1:{server(answering(text))}/v3")
    assert error.__class__ is TransportError
    assert words in str(error)


class Older(BaseAdapter):
    """An answer that ends too early, as urllib3 1 gives it: it does not say so by itself."""

    def send(self, request: Any, *_arguments: Any, **_more: Any) -> Any:
        answer = requests.Response()
        answer.status_code, answer.request = 200, request
        answer.raw = HTTPResponse(
            io.BytesIO(b"short"), {"Content-Length": "10"}, preload_content=False, enforce_content_length=False
        )
        return answer

    def close(self) -> None:
        pass


def test_half_an_answer_with_an_older_library() -> None:
    session = open_session("test")
    session.mount("http://", Older())
    with pytest.raises(TransportError, match="5 more expected"):
        exchange(session, "GET", API, secrets=())


@pytest.mark.parametrize("status", [406, 407, 408])
def test_a_proxy_that_wants_a_password_sent_nothing_on(status: int) -> None:
    session = open_session("test")
    session.mount("http://", Network(ManualClock(), status, b"no"))
    if status == 407:
        with pytest.raises(
            Unsent, match=r"no way through the proxy\. It wants a user name and a password: HTTPS_PROXY="
        ):
            exchange(session, "GET", API, secrets=())
    else:
        assert exchange(session, "GET", API, secrets=()).status == status


@pytest.mark.parametrize(("options", "heard"), [({}, True), ({"verified": True}, True), ({"verified": False}, False)])
def test_who_wants_no_certificates_hears_no_more_of_it(options: dict[str, bool], *, heard: bool) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        open_session("test", **options)
        warnings.warn("not verified", InsecureRequestWarning, stacklevel=1)
    assert bool(said) is heard


@pytest.mark.parametrize("url", ["http://127.0.0.1", "https://127.0.0.1"])
def test_as_many_connections_are_kept_as_there_are_requests_at_a_time(url: str) -> None:
    adapter: Any = open_session("test").get_adapter(url)
    pool = adapter.poolmanager.connection_from_url(url)
    made = [pool._get_conn() for _number in range(MOST_AT_A_TIME + 1)]
    for connection in made:
        pool._put_conn(connection)
    assert sum(pool._get_conn() in made for _number in made) == MOST_AT_A_TIME


@pytest.mark.parametrize("session", [open_session("test"), requests.Session()], ids=["ours", "any"])
def test_redirect(session: requests.Session, server: Server) -> None:
    """Whichever session it is, no redirect is followed."""
    port = server(
        answering(f"HTTP/1.1 302 Found\nLocation: https://elsewhere.invalid/?token={SECRET}\nContent-Length: 0\n\n")
    )
    error = failure(f"http://127.0.0.1:{port}/v3", session)
    assert (error).__class__ is Rejected
    assert "was redirected to https://elsewhere.invalid/" in str(error) and "Set api_url to the final address" in str(
        error
    )


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A context whose certificate nobody trusts."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj"]
    subprocess.run([*command, "/CN=elsewhere.invalid", "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_untrusted_certificate(certificate: ssl.SSLContext, server: Server) -> None:
    def answer(connection: socket.socket) -> None:
        certificate.wrap_socket(connection, server_side=True).close()

    error = failure(f"https://127.0.0.1:{server(answer)}/v3")
    assert (error).__class__ is Rejected
    assert "certificate" in str(error)


def test_name_on_the_certificate_differs(certificate: ssl.SSLContext, server: Server, tmp_path: Path) -> None:
    def answer(connection: socket.socket) -> None:
        certificate.wrap_socket(connection, server_side=True).close()

    error = failure(f"https://127.0.0.1:{server(answer)}/v3", verify=str(tmp_path / "cert.pem"))
    assert (error).__class__ is Rejected
    assert "127.0.0.1" in str(error)


def test_no_tls_at_all(server: Server) -> None:
    """Doubtful is not unsent."""
    port = server(answering("HTTP/1.1 400 Bad Request\nContent-Length: 0\n\n"))
    error = failure(f"https://127.0.0.1:{port}/v3")
    assert (error).__class__ is TransportError
    assert "Check whether api_url has the right port, and whether it has to begin with http://" in str(error)


def test_closed_proxy(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    assert (failure("http://api.invalid/v3")).__class__ is Unsent
    assert (failure("https://api.invalid/v3")).__class__ is Unsent


@pytest.mark.parametrize(
    ("password", "kind", "said"),
    [
        # The last character of Latin-1, and those after it.
        ("%C3%BF", Unsent, "Connection refused"),
        ("%C4%81", Rejected, "a character outside of Latin-1"),
        ("%C4%80", Rejected, "a character outside of Latin-1"),
    ],
)
def test_passwords_of_proxies(
    closed_port: int, monkeypatch: pytest.MonkeyPatch, password: str, kind: type[Exception], said: str
) -> None:
    monkeypatch.setenv("https_proxy", f"http://user:{password}@127.0.0.1:{closed_port}")
    with pytest.raises(kind, match=said) as caught:
        exchange(open_session("test"), "GET", "https://api.invalid/v3", secrets=[], timeout=5, verify=True)
    assert caught.value.__class__ is kind
    assert unquote(password) not in str(caught.value)


# An address that can't be one, and one that is fine but where nobody answers.
@pytest.mark.parametrize(
    ("proxy", "is_address"),
    [
        ("http://127.0.0.1:{port}", True),
        ("127.0.0.1:{port}", True),
        ("http://user:a%40b@127.0.0.1:{port}", True),
        ("http://no-such-host.invalid", True),
        ("no-such-host.invalid", True),
        ("http://127.0.0.1:0", False),
        ("http://127.0.0.1:port", False),
        ("http://127.0.0.1:65536", False),
        ("http://", False),
        ("http://user:a/b@127.0.0.1:1", False),
        ("http://user:a?b@127.0.0.1:1", False),
        ("http://user:a#b@127.0.0.1:1", False),
        ("http://[::1", False),
    ],
)
def test_addresses_of_proxies(
    closed_port: int, monkeypatch: pytest.MonkeyPatch, proxy: str, *, is_address: bool
) -> None:
    monkeypatch.setenv("https_proxy", proxy.format(port=closed_port))
    with pytest.raises(TransportError) as caught:
        exchange(open_session("test"), "GET", "https://api.invalid/v3", secrets=[], timeout=5, verify=True)
    words = "is not an address. Write HTTPS_PROXY like http://user:password@host:port"
    assert (type(caught.value), words in str(caught.value)) == ((Unsent, False) if is_address else (Rejected, True))


def test_proxy_that_refuses_to_connect(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    port = server(answering("HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n"))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    error = failure("https://api.invalid/v3")
    assert (error).__class__ is Unsent
    assert "403" in str(error)


def test_nothing_but_proxies_comes_from_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    received: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        received.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle")
    url = f"http://127.0.0.1:{server(answer)}/v3"
    answered = exchange(
        open_session("agent/1"), "GET", url, secrets=[SECRET], auth=Bearer(SECRET), timeout=5, verify=True
    )
    assert answered.status == 200
    head = received[0].decode()
    assert f"Authorization: Bearer {SECRET}\r\n" in head and "User-Agent: agent/1\r\n" in head
    assert SECRET not in head.splitlines()[0]
