# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of an emulator in this process, and what stands in place of a network."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.login import Login, LoginCache, MemoryCache
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import open_session
from ansible_collections.ellipsis.drive.tests.emulator import (
    PASSWORD,
    USER,
    Emulator,
    EmulatorAdapter,
    ManualClock,
)

API = "http://emulator.invalid/v3"


def open_client(emulator: Emulator, caches: Callable[..., LoginCache] = MemoryCache, **more: Any) -> Client:
    """A client as a process of its own has it, which logs in by password unless a token is given."""
    who = {} if "api_token" in more else {"username": USER, "password": PASSWORD}
    session = open_session("test")
    session.mount("http://", EmulatorAdapter(emulator))
    clock = emulator.clock
    connection = Connection(**{"api_url": API, **who, **more})
    sender = Sender(connection, session, sleep=clock.sleep, monotonic=clock.now, jitter=lambda: 0.5)
    return Client(sender, Login(sender, caches))


class Network(BaseAdapter):
    """Answers with a status, a body and headers, or, without any, never lets a connection come about."""

    def __init__(self, clock: ManualClock, status: int | None = None, body: bytes = b"", **headers: str) -> None:
        super().__init__()
        self._clock, self._status, self._body, self._headers = clock, status, body, headers
        self.asked: list[str] = []

    def send(self, request: Any, stream: Any = False, timeout: Any = None, *args: Any, **more: Any) -> Any:
        self.asked.append(request.url)
        if self._status is None:
            self._clock.advance(timeout[0])
            reason = ConnectTimeoutError("Connection timed out")
            raise requests.exceptions.ConnectTimeout(MaxRetryError(None, request.url, reason), request=request)  # type: ignore[arg-type]  # no pool
        answer = requests.Response()
        answer.status_code, answer.request = self._status, request
        answer.raw = HTTPResponse(io.BytesIO(self._body), preload_content=False)
        answer.headers.update(self._headers)
        return answer

    def close(self) -> None:
        pass
