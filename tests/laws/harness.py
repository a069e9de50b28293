# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers that run the core in this process against an emulated service, and notes of what everybody saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import converge
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore
from ansible_collections.ellipsis.drive.plugins.module_utils._api.client import Client
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._api.sender import Sender
from ansible_collections.ellipsis.drive.plugins.module_utils._api.session import open_session
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import Plan
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import desired_of, held_of
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.task_context import Context
from ansible_collections.ellipsis.drive.tests.emulator import (
    PATHS,
    USER_TOKEN,
    Emulator,
    EmulatorAdapter,
    JournalEntry,
    ManualClock,
    Token,
    Variant,
)

API = "http://emulator.invalid/v3"
TOKENS = "/v3/account/security/accessToken"
ROADS, RIVERS, BUILDINGS = PATHS["Projects/Roads"], PATHS["Projects/Rivers"], PATHS["Buildings"]
HOUR, DAY = 3600, 86400
Options = dict[str, Any]
Result = dict[str, Any]
Hook = Callable[[requests.PreparedRequest], None]
# A task without an explicit credential says the one the emulator knows.
_CONNECTION = Connection(API, api_token=USER_TOKEN)


def access(path_id: str = ROADS, tier: str = "view", **more: Any) -> dict[str, Any]:
    """An entry of the option access_list."""
    return {"path_id": path_id, "access_tier": tier, **more}


def present(**options: Any) -> Options:
    """A task that wants one token. Proving is tested on its own, so it is off unless a task asks for it."""
    wanted = {"description": "tiles", "access_list": [access()], "valid_for": "30d", "verify": "none"}
    return {**wanted, **options}


def absent(**options: Any) -> Options:
    """A task that wants none."""
    return {"description": "tiles", "state": "absent", **options}


@dataclass(frozen=True)
class Run:
    """What one run was asked, answered, sent and left behind. `before` and `after` are the live tokens by id."""

    options: Options
    before: Mapping[str, Token]
    after: Mapping[str, Token]
    requests: tuple[JournalEntry, ...]
    warnings: tuple[str, ...]
    result: Result = field(default_factory=dict)
    error: EllipsisError | None = None

    def sent(self, method: str) -> list[JournalEntry]:
        """The requests of a method that arrived."""
        return [each for each in self.requests if each.method == method]

    @property
    def created(self) -> set[str]:
        """The ids of live tokens that were not there before."""
        return set(self.after) - set(self.before)

    @property
    def gone(self) -> set[str]:
        """The ids of live tokens that were."""
        return set(self.before) - set(self.after)


class HookedAdapter(EmulatorAdapter):
    """An adapter that first tells its controller's hook, which may look, change the request, act in between, or raise."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller.emulator)
        self._controller = controller

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        self._controller.hook(request)
        return super().send(request, *arguments, **more)


class Controller:
    """Whoever runs tasks: it may remember whose secret it got last (held_id), and nothing else lasts between runs.

    alone: nobody else writes on this machine, so that the lock can be had before the list is read. Without that there are
    more steps between which something can happen.
    """

    def __init__(self, emulator: Emulator, *, holds: bool = False, alone: bool = False) -> None:
        self.emulator = emulator
        self.holds, self.alone = holds, alone
        self.secret: str | None = None
        self.held_id = ""
        self.runs: list[Run] = []
        self.hook: Hook = lambda _request: None

    def account(self, warn: Callable[[str], None]) -> Account:
        """As a new process has it: nothing listed, nothing connected."""
        clock = self.emulator.clock
        session = open_session("ellipsis.drive/test")
        session.mount("http://", HookedAdapter(self))
        sender = Sender(_CONNECTION, session, sleep=clock.sleep, monotonic=clock.now, jitter=lambda: 0.5)
        return Account(Client(sender), warn=warn, try_lock=lambda _owner: self.alone, wall=clock.now)

    def run(self, options: Options, *, apply: bool = True) -> Run:
        """One task in a process of its own."""
        before, start, warnings = live_tokens(self.emulator), len(self.emulator.journal), list[str]()
        result, error = Result(), None
        try:
            result = _access_token.run(self.parameters(options), Context(self.account(warnings.append), apply))
        except EllipsisError as exc:
            error = exc
        sent = tuple(self.emulator.journal[start:])
        run = Run(options, before, live_tokens(self.emulator), sent, tuple(warnings), result, error)
        self.runs.append(run)
        if result.get("secret"):
            self.secret, self.held_id = result["secret"], result["access_token"]["id"]
        return run

    def read(self, options: Options) -> Plan:
        """What a fresh look says about the slot; regenerate=never keeps what is wanted out of it."""
        parameters = self.parameters(options)
        if options.get("state") != "absent":
            parameters["regenerate"] = "never"
        desired = desired_of(parameters)
        secret_store = ExternalStore({desired.slot: held_of(parameters)})
        return converge(desired, self.account(lambda _text: None), secret_store, apply=False).plan

    def parameters(self, options: Options, module: Any = _access_token) -> Options:
        """The options as Ansible hands them over."""
        held = {"held_id": self.held_id} if self.holds and options.get("state") != "absent" else {}
        outcome = ArgumentSpecValidator(module.SPEC).validate(
            {"api_token": USER_TOKEN, "api_url": API, **held, **options}
        )
        assert not outcome.error_messages, outcome.error_messages
        return dict(outcome.validated_parameters)


def service(variant: Variant | None = None) -> Emulator:
    """A service of its own whose clock only moves when it is told to."""
    return Emulator(variant, ManualClock())


def live_tokens(emulator: Emulator) -> dict[str, Token]:
    """The tokens that live now, whoever made them."""
    now = emulator.clock.now()
    return {token.id: token for token in emulator.tokens if token.live(now)}


def listings(emulator: Emulator, start: int = 0) -> int:
    """How often the list was asked for since an entry of the journal. Each page counts."""
    return sum((each.method, each.path) == ("GET", TOKENS) for each in emulator.journal[start:])


def deleted_ids(run: Run) -> list[str]:
    """The tokens that a run asked to revoke, in order."""
    return [entry.path.rsplit("/", 1)[-1] for entry in run.sent("DELETE")]
