# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the errors of the libraries mean: whether the request arrived, whether it will ever, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any

import pytest
import requests
from requests import exceptions
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection_errors import failure
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import (
    ApiError,
    NoServer,
    NotTheApi,
    Rejected,
    TransportError,
    Unsent,
)
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.tests.emulator import USER_TOKEN, Emulator, EmulatorAdapter, ManualClock
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import API, open_client

HOST = "api.example.com"
HERE, THERE = ("localhost", "127.0.0.1", "127.8.8.8"), (HOST, "10.0.0.1", "localhost.example.com")
REFUSED = "Failed to establish a new connection: [Errno 111] Connection refused"
CHECK_ADDRESS = "Check api_url, and HTTPS_PROXY in the environment if a proxy leads there"
CHECK_NAME = "Check the name in api_url, and the name service of this host"
CHECK_PROXY = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment"
TOO_SLOW, CHECK_PORT = (
    "Raise timeout if the server is slow",
    "Check whether api_url has the right port, and whether it has",
)


def within(
    reason: Exception, host: str = HOST, kind: type[requests.RequestException] | None = None
) -> exceptions.RequestException:
    """As requests raises what urllib3 does when it has no more tries."""
    request = requests.Request("GET", f"https://{host}/v3").prepare()
    made = kind or exceptions.ConnectionError
    return made(MaxRetryError(HTTPSConnectionPool(host), "/v3", reason), request=request)


def not_connected(text: str, cause: Exception | None = None, host: str = HOST) -> NewConnectionError:
    error = NewConnectionError(HTTPSConnection(host), text)
    error.__cause__ = cause
    return error


def aborted(cause: Exception) -> ProtocolError:
    error = ProtocolError("Connection aborted.")
    error.__cause__ = cause
    return error


def without_from(reason: Exception) -> NewConnectionError:
    """As urllib3 1 raises it."""
    error = not_connected(REFUSED)
    error.__context__ = reason
    return error


class CertificateError(ValueError):
    """As urllib3 1 has it, beside the one of ssl."""


def unknown_name(number: int) -> Exception:
    return not_connected("Failed to resolve 'api.example.com'", socket.gaierror(number, "Name or service not known"))


def certificate(code: int, text: str) -> exceptions.SSLError:
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {text}")
    error.verify_code, error.verify_message = code, text
    made = within(SSLError(error), kind=exceptions.SSLError)
    assert isinstance(made, exceptions.SSLError)
    return made


def through_proxy(original: Exception) -> exceptions.RequestException:
    return within(ProxyError("Unable to connect to proxy", original), kind=exceptions.ProxyError)


def no_tunnel(status: str) -> exceptions.RequestException:
    return through_proxy(OSError(f"Tunnel connection failed: {status}"))


ACCEPT_ANY = "validate_certs=false would accept any"
ROWS: list[tuple[exceptions.RequestException, type[TransportError], str, str]] = [
    *((within(not_connected(REFUSED, ConnectionRefusedError()), host), NoServer, REFUSED, CHECK_ADDRESS) for host in HERE),
    *((within(not_connected(REFUSED, ConnectionRefusedError()), host), Unsent, REFUSED, CHECK_ADDRESS) for host in THERE),
    (within(not_connected("No route to host", OSError()), "localhost"), Unsent, "No route to host", CHECK_ADDRESS),
    (within(unknown_name(socket.EAI_NONAME)), NoServer, "Failed to resolve 'api.example.com'", CHECK_NAME),
    (within(unknown_name(socket.EAI_AGAIN)), Unsent, "Failed to resolve 'api.example.com'", CHECK_NAME),
    (
        within(ConnectTimeoutError(HTTPSConnection(HOST), "timed out after 4 seconds")),
        Unsent, "timed out after 4 seconds", CHECK_ADDRESS,
    ),
    (
        exceptions.ReadTimeout(ReadTimeoutError(HTTPSConnectionPool(HOST), "/v3", "Read timed out.")),
        TransportError, "Read timed out", TOO_SLOW,
    ),
    (exceptions.SSLError(SSLError("WRONG_VERSION_NUMBER")), TransportError, "WRONG_VERSION_NUMBER", CHECK_PORT),
    *(
        (certificate(code, "has expired"), Rejected, "is not accepted: has expired", "Renew it there, or set the clock")
        for code in (9, 10)
    ),
    *(
        (certificate(code, "other name"), Rejected, "is not accepted: other name", "Set api_url to a name that the cert")
        for code in (62, 64)
    ),
    (certificate(0, "IP does not match"), Rejected, "is not accepted: IP does not match", "Set api_url to a name that"),
    (
        exceptions.SSLError(CertificateError("hostname 'x' doesn't match 'y'")),
        Rejected, "is not accepted: hostname 'x' doesn't match 'y'", "Set api_url to a name that the cert",
    ),
    (
        within(SSLError(CertificateError("no appropriate subjectAltName fields")), kind=exceptions.SSLError),
        Rejected, "is not accepted: no appropriate subjectAltName fields", "Name the CA that issued it in ca_path",
    ),
    *(
        (certificate(code, "self-signed"), Rejected, "is not accepted: self-signed", f"Name the CA that issued it in ca_path; {ACCEPT_ANY}")
        for code in (8, 11, 18, 61, 63, 65)
    ),
    (through_proxy(not_connected(REFUSED)), Unsent, f"no way through the proxy: {REFUSED}", CHECK_PROXY),
    (through_proxy(ConnectTimeoutError("timed out")), Unsent, "no way through the proxy: timed out", CHECK_PROXY),
    (through_proxy(OSError("cut")), TransportError, "no way through the proxy: cut", CHECK_PROXY),
    (no_tunnel("407 Proxy Authentication Required"), Unsent, "407 Proxy Authentication Required", "It wants a user name and a password: HTTPS_PROXY="),
    (no_tunnel("403 Forbidden"), Unsent, "403 Forbidden", "It has to allow the address in api_url, or NO_PROXY in"),
    (
        exceptions.ConnectionError(ProtocolError("Connection aborted.", RemoteDisconnected("Remote end closed."))),
        TransportError, "Connection aborted. Remote end closed", "",
    ),
    (exceptions.ConnectionError(ProtocolError("Connection aborted.", BadStatusLine("x"))), TransportError, "Connection aborted. x", ""),
    (within(aborted(ConnectionRefusedError()), "localhost"), TransportError, "Connection aborted", ""),
    (within(without_from(ConnectionRefusedError()), "localhost"), NoServer, REFUSED, CHECK_ADDRESS),
    # Without the request nobody knows which host it was.
    (exceptions.ConnectionError(not_connected(REFUSED, ConnectionRefusedError())), Unsent, REFUSED, CHECK_ADDRESS),
    (
        exceptions.ConnectionError(MaxRetryError(HTTPSConnectionPool(HOST, 443), "/v3")),
        TransportError, f"HTTPSConnectionPool(host='{HOST}', port=443): Max retries exceeded with url: /v3 (Caused by None)", "",
    ),
    (exceptions.ConnectionError(), TransportError, "", ""),
    (exceptions.ConnectionError(ProtocolError()), TransportError, "", ""),
    (exceptions.ConnectionError("cut", OSError("reset")), TransportError, "cut reset", ""),
    (exceptions.ConnectionError(ProtocolError("cut", "short")), TransportError, "('cut', 'short')", ""),
    (exceptions.InvalidSchema("No connection adapters"), Rejected, "No connection adapters", ""),
]  # fmt: skip


@pytest.mark.parametrize(("error", "kind", "words", "advice"), ROWS, ids=lambda value: str(value)[:40])
def test_what_an_error_means(
    error: exceptions.RequestException, kind: type[TransportError], words: str, advice: str
) -> None:
    found, said = failure(error)
    assert found is kind
    assert f"{words}. {advice}" in said if advice else said == words
    assert "object at 0x" not in said


class Vanishing(EmulatorAdapter):
    """A server that is no more when it is asked for the second time."""

    def __init__(self, emulator: Emulator, error: exceptions.RequestException) -> None:
        super().__init__(emulator)
        self._error, self._asked = error, 0

    def send(self, *arguments: Any, **more: Any) -> requests.Response:
        self._asked += 1
        if self._asked > 1:
            raise self._error
        return super().send(*arguments, **more)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (within(unknown_name(socket.EAI_NONAME)), ApiError, "answered 404"),
        (within(not_connected(REFUSED)), ApiError, "answered 404"),
        (certificate(18, "self-signed"), NotTheApi, f"GET {API} failed: the certificate of the server is not accepted"),
    ],
    ids=["no server", "no connection", "another certificate"],
)
def test_only_what_answers_can_be_something_else(
    error: exceptions.RequestException, kind: type[EllipsisError], words: str
) -> None:
    emulator = Emulator(clock=ManualClock())
    emulator.fault(kind="status", status=404)
    client = open_client(emulator, api_token=USER_TOKEN)
    client.sender._session.mount("http://", Vanishing(emulator, error))
    with pytest.raises(EllipsisError) as caught:
        client.list_tokens()
    assert isinstance(caught.value, kind)
    assert words in str(caught.value)
