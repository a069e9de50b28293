# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy on loopback, for HTTP and for tunnels. Whatever host is asked for, it leads to one port."""

from __future__ import annotations

import http.client
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

_HOP_BY_HOP = ("connection", "proxy-authorization", "proxy-connection", "transfer-encoding")


class Proxy(ThreadingTCPServer):
    """asked: what it was asked for. refusals: statuses to answer first. credentials: what it wants (user:password)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: int, *, credentials: str | None = None, refusals: tuple[int, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.credentials, self.refusals = target, credentials, list(refusals)
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def refusal(self, authorization: str | None) -> int | None:
        """The status to refuse a request with."""
        if self.refusals:
            return self.refusals.pop(0)
        wanted = self.credentials and f"Basic {b64encode(self.credentials.encode()).decode()}"
        return 407 if wanted and authorization != wanted else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_CONNECT(self) -> None:
        if self._refused():
            return
        with socket.create_connection(("127.0.0.1", self.server.target)) as there:
            self.send_response(200)
            self.end_headers()
            back = Thread(target=_pour, args=(there, self.connection), daemon=True)
            back.start()
            _pour(self.connection, there)
            back.join()
        self.close_connection = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._refused():
            return
        there = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=10)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        there.request(self.command, "/" + self.path.split("/", 3)[3], body, headers)
        answer = there.getresponse()
        content = answer.read()
        there.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in (*_HOP_BY_HOP, "content-length"):
                self.send_header(name, value)
        self._end(content)

    do_POST = do_DELETE = do_GET

    def _refused(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        status = self.server.refusal(self.headers.get("Proxy-Authorization"))
        if status is not None:
            self.send_response(status)
            self._end(b"")
        return status is not None

    def _end(self, content: bytes) -> None:
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Silent."""


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(url: str, **options: Any) -> Iterator[Proxy]:
    """A proxy that leads to the port of an address."""
    with Proxy(int(url.split(":")[2].split("/", maxsplit=1)[0]), **options) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
