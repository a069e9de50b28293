# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: what goes wrong, with which request, how often."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from .values import JSON_TYPE, ConnectionCut, ConnectionNeverMade, Request, Response

HTML = "<html><head><title>Service</title></head><body><h1>Service</h1></body></html>"
_NEVER_DONE = frozenset({"cut_before", "late_commit", "refused", "redirect"})
_ALWAYS_DONE = frozenset({"cut_after", "truncate", "slow", "repeat_cursor", "drop_entry", "set", "huge", "bomb"})
# What only a socket can do, see http_door.py: the answer a byte at a time, its head so, interim answers for ever.
PACES = frozenset({"drip", "drip_head", "interim"})
KINDS = _NEVER_DONE | _ALWAYS_DONE | PACES | {"status", "garbage", "html", "endless"}


@dataclass(frozen=True)
class Fault:
    """`times` None is for ever; `path` is a regular expression searched in the path (without the query).

    `done` says, for kinds that replace the answer (status, garbage, html), whether the call is carried out before.
    `values` are set in the answer, or in the entry number `index` of a list; `{token}` in them is the secret that is there.
    """

    kind: str
    method: str | None = None
    path: str | None = None
    skip: int = 0
    times: int | None = 1
    done: bool = False
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    at: int = 10
    seconds: float = 1.0
    delay: float = 60.0
    location: str = "https://elsewhere.invalid/v3"
    index: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; there are: {', '.join(sorted(KINDS))}")

    def matches(self, request: Request) -> bool:
        if self.method is not None and self.method.upper() != request.method:
            return False
        return self.path is None or re.search(self.path, request.path) is not None

    @property
    def carries_out(self) -> bool:
        return self.kind in _ALWAYS_DONE | PACES or (self.done and self.kind not in _NEVER_DONE)

    def answer(self, request: Request, real: Response | None) -> Response:
        """The answer the caller gets in place of the `real` one, which is None when nothing was carried out."""
        if self.kind == "refused":
            raise ConnectionNeverMade(self.kind)
        if self.kind in ("cut_before", "cut_after", "late_commit"):
            raise ConnectionCut(self.kind)
        if self.kind == "status":
            content = {"Content-Type": "text/plain; charset=utf-8"}
            return Response(self.status, {**content, **self.headers}, self.body.encode())
        if self.kind == "garbage":
            return Response(200, {"Content-Type": "application/json", **self.headers}, (self.body or "{oops").encode())
        if self.kind == "html":
            return Response(200, {"Content-Type": "text/html", **self.headers}, (self.body or HTML).encode())
        if self.kind == "redirect":
            status = self.status if 300 <= self.status < 400 else 302
            return Response(status, {"Location": self.location, **self.headers})
        if self.kind == "endless":
            following = str(uuid5(NAMESPACE_OID, request.query.get("pageStart", "")))
            return Response(
                200, {"Content-Type": JSON_TYPE}, json.dumps({"result": [], "nextPageStart": following}).encode()
            )
        return self._bend(request, real or Response(200))

    def _bend(self, request: Request, real: Response) -> Response:
        if self.kind == "truncate":
            return replace(real, cut_at=self.at)
        if self.kind == "slow":
            return replace(real, delay=self.seconds)
        if self.kind in PACES:
            return replace(real, pace=self.kind)
        return self._bend_body(request, real)

    def _bend_body(self, request: Request, real: Response) -> Response:
        if self.kind == "huge":
            return replace(real, body=real.body + b" " * self.size)
        if self.kind == "bomb":
            packed = gzip.compress(real.body + b" " * self.size)
            return replace(real, body=packed, headers={**real.headers, "Content-Encoding": "gzip"})
        try:
            answer = json.loads(real.body)
        except ValueError:
            return real
        return replace(real, body=json.dumps(self._bend_list(request, answer)).encode())

    def _bend_list(self, request: Request, answer: Any) -> Any:
        if self.kind == "set":
            return self._set(answer)
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), list):
            return answer
        if self.kind == "drop_entry":
            kept = [entry for number, entry in enumerate(answer["result"]) if number != self.index]
            return {**answer, "result": kept}
        asked = request.query.get("pageStart")
        return answer if asked is None else {**answer, "nextPageStart": _cursor(asked)}

    def _set(self, answer: Any) -> Any:
        entries = answer.get("result") if isinstance(answer, dict) else None
        entry = entries[self.index] if isinstance(entries, list) and len(entries) > self.index else answer
        secret = entry.get("token", "")
        entry.update({key: _filled(value, secret) for key, value in self.values.items()})
        return answer


def _filled(value: Any, secret: str) -> Any:
    return value.replace("{token}", secret) if isinstance(value, str) else value


def _cursor(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


class FaultBook:
    """The faults waiting to happen."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append((fault, [0, 0]))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, request: Request) -> Fault | None:
        """The first fault due for this request; every fault that matches has seen it."""
        with self._lock:
            return self._take(request)

    def _take(self, request: Request) -> Fault | None:
        due: tuple[Fault, list[int]] | None = None
        for fault, counts in self._waiting:
            if not fault.matches(request):
                continue
            counts[0] += 1
            spent = fault.times is not None and counts[1] >= fault.times
            if due is None and counts[0] > fault.skip and not spent:
                due = (fault, counts)
        if due is None:
            return None
        due[1][1] += 1
        return due[0]
