# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of entries in memory, that several controllers share and that can be down at any call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Raw
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.remote import (
    RemoteBackend,
    ServerClock,
    Unavailable,
)


@dataclass
class MemoryServer:
    """now: the time of the server. down: for each of the next calls, whether it is lost: before or after it is carried out."""

    now: Callable[[], float]
    texts: dict[str, tuple[str, int]] = field(default_factory=dict)
    down: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def read(self, key: str) -> tuple[str, int]:
        found: tuple[str, int] = self._answer("read", lambda: self.texts.get(key, ("null", 0)))
        return found

    def write(self, key: str, text: str, version: int) -> int:
        def carry_out() -> int:
            if self.texts.get(key, ("null", 0))[1] != version:
                raise Conflict
            self.texts[key] = text, version + 1
            return version + 1

        written: int = self._answer("write", carry_out)
        return written

    def _answer(self, what: str, carry_out: Callable[[], Any]) -> Any:
        self.calls.append(what)
        fault = self.down.pop(0) if self.down else ""
        if fault == "before":
            raise Unavailable("is down.")
        answer = carry_out()
        if fault == "after":
            raise Unavailable("is down.")
        return answer


class _Clock(ServerClock):
    def __init__(self, server: MemoryServer) -> None:
        super().__init__()
        self._server = server

    def now(self) -> float | None:
        return self._server.now()


class MemoryBackend(RemoteBackend):
    """The entries of a server in memory."""

    address = "memory://"
    allowed = r"\w "
    mark = "="

    def __init__(self, server: MemoryServer, sleep: Callable[[float], object] = lambda _seconds: None) -> None:
        super().__init__(_Clock(server), sleep)
        self._server = server

    def check(self) -> None:
        return

    def list_keys(self) -> Iterable[str]:
        return [key for key, (text, _version) in self._server.texts.items() if text != "null"]

    def get(self, key: str) -> Versioned:
        text, version = self._server.read(key)
        return Versioned(json.loads(text), version)

    def put(self, key: str, raw: Raw, version: Any) -> Any:
        # Servers keep whatever they are given.
        assert isinstance(raw, dict), "remove() is for what is nothing"
        return self._server.write(key, json.dumps(raw), version)

    def remove(self, key: str, version: Any) -> Any:
        return self._server.write(key, "null", version)
