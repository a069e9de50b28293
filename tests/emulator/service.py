# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator: one function from a request to a response, and the handles tests turn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from . import router
from .access import Caller, identify
from .call import Call
from .clock import Clock, SystemClock, http_date
from .faults import Fault, FaultBook
from .policy import Policy
from .seeding import add_folder_tree, seed_tokens
from .state import State, Token
from .tree import USER, Node
from .values import ApiError, ConnectionCut, ConnectionNeverMade, JournalEntry, Request, Response, without_secrets
from .variant import Variant


class Emulator:
    """The Ellipsis Drive API v3. `policy` may be replaced at any time, `variant` by `reset`."""

    def __init__(self, variant: Variant | None = None, clock: Clock | None = None, seed: int = 0) -> None:
        self.variant = variant or Variant()
        self.clock: Clock = clock or SystemClock()
        self.policy = Policy()
        self.faults = FaultBook()
        self._seed = seed
        self._lock = Lock()
        self._state = State(seed)
        self._journal: list[JournalEntry] = []
        self._late: list[tuple[float, Request]] = []

    def handle(self, request: Request) -> Response:
        """Answers, or raises ConnectionCut. Never waits: a `delay` in the response is for the door to honour."""
        with self._lock:
            now = self.clock.now()
            self._settle(now)
            caller = identify(self._state, request, now)
            fault = self.faults.take(request)
            try:
                response = self._answer(request, caller, fault, now)
            except ConnectionNeverMade:
                raise
            except ConnectionCut:
                self._note(request, caller, now, None)
                raise
            response = self._dated(response, now)
            self._note(request, caller, now, response)
            return response

    @property
    def journal(self) -> list[JournalEntry]:
        with self._lock:
            return list(self._journal)

    @property
    def tokens(self) -> list[Token]:
        """Every access token there ever was, live or dead, oldest first."""
        with self._lock:
            self._settle(self.clock.now())
            return list(self._state.tokens.values())

    @property
    def secrets(self) -> list[str]:
        """Every secret ever handed out: of access tokens, and of logins."""
        with self._lock:
            self._settle(self.clock.now())
            return list(self._state.secrets)

    def clear_journal(self) -> list[JournalEntry]:
        """What was in it: no entry is told twice, and none is lost."""
        with self._lock:
            told, self._journal = self._journal, []
            return told

    def fault(self, **fields: Any) -> None:
        self.faults.add(Fault(**fields))

    def clear_faults(self) -> None:
        self.faults.clear()

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def set_policy(self, **fields: Any) -> None:
        self.policy = replace(self.policy, **fields)

    def reset(self, variant: Variant | None = None) -> None:
        """As newly made, but for the clock."""
        with self._lock:
            self.variant = variant or self.variant
            self.policy = Policy()
            self.faults.clear()
            self._state = State(self._seed)
            self._journal.clear()
            self._late.clear()

    def seed_tokens(self, count: int, **fields: Any) -> list[str]:
        """Tokens nobody made through this API door, such as those made in the app; see `seeding.seed_tokens`."""
        with self._lock:
            return seed_tokens(self._state, self.clock.now(), count, **fields)

    def add_folder_tree(self, names: Iterable[str], kind: str = "raster", account: str = USER) -> dict[str, str]:
        """Adds `A/B/C` as layer C of this kind in folders A and B; returns every name, folders' too, with its id."""
        with self._lock:
            return add_folder_tree(self._state, names, kind, account)

    def add_path(self, node: Node) -> None:
        """Adds one, whatever else has its name."""
        with self._lock:
            self._state.nodes[node.id] = node

    def _answer(self, request: Request, caller: Caller, fault: Fault | None, now: float) -> Response:
        if fault is None:
            return self._carry_out(request, caller, now)
        if fault.kind == "late_commit":
            self._late.append((now + fault.delay, request))
        real = self._carry_out(request, caller, now) if fault.carries_out else None
        return fault.answer(request, real)

    def _carry_out(self, request: Request, caller: Caller, now: float) -> Response:
        try:
            handler, args = router.find(request)
            return handler(Call(request, self._state, self.variant, self.policy, now, caller, args))
        except ApiError as error:
            return router.refusal(error, self.variant.errors)

    def _settle(self, now: float) -> None:
        """Carries out what was sent earlier and takes effect only now, each at its own time."""
        due = sorted((item for item in self._late if item[0] <= now), key=lambda item: item[0])
        self._late = [item for item in self._late if item[0] > now]
        for moment, request in due:
            self._carry_out(request, identify(self._state, request, moment), moment)

    def _dated(self, response: Response, now: float) -> Response:
        if not self.variant.date_header:
            return response
        return replace(response, headers={"Date": http_date(now + self.policy.date_skew), **response.headers})

    def _note(self, request: Request, caller: Caller, now: float, response: Response | None) -> None:
        query = f"?{urlencode(request.query)}" if request.query else ""
        self._journal.append(
            JournalEntry(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                url=quote(request.path) + query,
                status=None if response is None else response.status,
                at=now,
                authorization=caller.kind,
                carrier=caller.carrier,
                user_agent=request.headers.get("user-agent", ""),
                body=_readable(request.body, request.headers.get("content-type", "")),
                answer=None if response is None else _readable(response.body, _type(response.headers)),
            )
        )


def _type(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "")


def _readable(body: bytes, content_type: str) -> Any:
    """JSON without its secrets; of anything else only its type, since nobody knows what is in it."""
    if not body:
        return None
    try:
        return without_secrets(json.loads(body))
    except (ValueError, RecursionError):
        return f"({content_type or 'no type'})"
