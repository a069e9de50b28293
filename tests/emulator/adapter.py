# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door without a socket: a transport for requests that asks an emulator in this process."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from http.client import RemoteDisconnected
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from .service import Emulator
from .values import ConnectionCut, ConnectionNeverMade, Request, Response


class EmulatorAdapter(HTTPAdapter):
    """Mount it on a requests.Session. What goes wrong looks exactly as it does with a socket."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._emulator = emulator

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        try:
            response = self._emulator.handle(_read(request))
        except ConnectionNeverMade:
            raise _never_made(request) from None
        except ConnectionCut:
            text = "Remote end closed connection without response"
            cut = ProtocolError("Connection aborted.", RemoteDisconnected(text))
            raise requests.exceptions.ConnectionError(cut, request=request) from None
        self._wait(request, response.delay, timeout)
        built: requests.Response = self.build_response(request, _as_urllib3(request, response))
        return built

    def _wait(self, request: requests.PreparedRequest, delay: float, timeout: Any) -> None:
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        if limit is not None and delay > limit:
            self._emulator.clock.sleep(limit)
            text = f"{_pool(request)}: Read timed out. (read timeout={limit})"
            raise requests.exceptions.ReadTimeout(text, request=request)
        if delay:
            self._emulator.clock.sleep(delay)


def _read(request: requests.PreparedRequest) -> Request:
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    host = urlsplit(str(request.url)).netloc
    headers = {"Host": host, **dict(request.headers)}
    return Request.of(str(request.method), str(request.url), headers, content)


def _as_urllib3(request: requests.PreparedRequest, response: Response) -> urllib3.HTTPResponse:
    headers = dict(response.headers)
    if response.status != HTTPStatus.NO_CONTENT:
        headers["Content-Length"] = str(len(response.body))
    return urllib3.HTTPResponse(
        body=BytesIO(response.body[: response.cut_at]),
        headers=headers,
        status=response.status,
        reason=_phrase(response.status),
        version=11,
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
        request_method=request.method,
        request_url=request.url,
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _pool(request: requests.PreparedRequest) -> HTTPConnectionPool:
    parts = urlsplit(str(request.url))
    if parts.scheme == "https":
        return urllib3.HTTPSConnectionPool(str(parts.hostname), parts.port or 443)
    return HTTPConnectionPool(str(parts.hostname), parts.port or 80)


def _never_made(request: requests.PreparedRequest) -> requests.exceptions.ConnectionError:
    pool = _pool(request)
    connection = HTTPConnection(pool.host, pool.port)
    reason = NewConnectionError(connection, "Failed to establish a new connection: [Errno 111] Connection refused")
    return requests.exceptions.ConnectionError(MaxRetryError(pool, request.path_url, reason), request=request)
