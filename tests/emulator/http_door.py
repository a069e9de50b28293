# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door with a socket: HTTP/1.1 on loopback, with connections that stay open and really get cut."""

from __future__ import annotations

import itertools
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import Any

from . import remote
from .service import Emulator
from .values import ConnectionCut, Request, Response

_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n" * 100
_PAUSE = 0.02


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, emulator: Emulator, port: int, latency: float, tls: tuple[str, str] | None) -> None:
        self.emulator = emulator
        self.latency = latency
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        self._context: ssl.SSLContext | None = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def base_url(self) -> str:
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self.server_address[1]}/v3"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Runs in the connection's own thread, so a slow TLS handshake holds up nobody else."""
        if self._context is not None:
            request = self._context.wrap_socket(request, server_side=True)
        with self._guard:
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._guard:
                self._open.discard(request)
            _hang_up(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or mistrusts our certificate is nothing to report."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        with self._guard:
            for connection in self._open:
                _hang_up(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request.of(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
        try:
            self._send(self._ask(request))
        except ConnectionCut:
            self._cut()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _ask(self, request: Request) -> Response:
        arrived = time.monotonic()
        if request.path.startswith(remote.PREFIX):
            return remote.handle(self.server.emulator, request)
        response = self.server.emulator.handle(request)
        due = arrived + self.server.latency + response.delay
        time.sleep(max(0.0, due - time.monotonic()))
        return response

    def _send(self, response: Response) -> None:
        head = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        if response.status != HTTPStatus.NO_CONTENT:
            head.append(f"Content-Length: {len(response.body)}")
        whole = "\r\n".join([*head, "", ""]).encode("latin-1") + response.body
        if response.pace:
            self._trickle(whole, response)
            return
        # Head and body in one write: two would wait for each other's acknowledgement.
        self.wfile.write(
            whole[: None if response.cut_at is None else len(whole) - len(response.body) + response.cut_at]
        )
        if response.cut_at is not None and response.cut_at < len(response.body):
            self._cut()

    def _trickle(self, whole: bytes, response: Response) -> None:
        """As slow as can be, until the caller hangs up."""
        at_once = len(whole) - len(response.body) if response.pace == "drip" else 0
        self.wfile.write(whole[:at_once])
        pieces = (
            itertools.repeat(_INTERIM) if response.pace == "interim" else (bytes([each]) for each in whole[at_once:])
        )
        for piece in pieces:
            self.wfile.write(piece)
            time.sleep(_PAUSE)

    def _cut(self) -> None:
        self.close_connection = True
        _hang_up(self.connection)

    def log_message(self, *args: Any) -> None:
        """Silent: the journal tells more."""


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


@contextmanager
def serve(emulator: Emulator, port: int = 0, latency: float = 0.0, tls: tuple[str, str] | None = None) -> Iterator[str]:
    """Yields the base URL. `tls` is a certificate file and its key file; `latency` is added to every answer."""
    server = _Server(emulator, port, latency, tls)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="emulator", daemon=True)
    thread.start()
    try:
        yield server.base_url
    finally:
        server.shutdown()
        thread.join()
        server.close_all()
        server.server_close()
