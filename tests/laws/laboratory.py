# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A laboratory for whatever can go wrong: sequences of runs, faults, kills and passing time, and the laws after each.

A controller has a store (or remembers an id) and nothing else; each run is a process of its own. The service is the
emulator behind its in-process door, so its clock moves only when somebody sleeps or an action moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import NewToken, SecretStore
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot, parse
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.handover import Ended, handing_over
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.task_context import Context
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.secret_store import StoredSecrets
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.emulator import USER_TOKEN, Emulator, EmulatorAdapter, Token
from ansible_collections.ellipsis.drive.tests.laws.harness import API, Controller, Options, Result, live_tokens
from ansible_collections.ellipsis.drive.tests.laws.memory_store import MemoryBackend, MemoryServer

DESCRIPTION = "tiles"
_VAULT = VaultLib()
Event = Callable[[], None]


class Killed(BaseException):
    """The process is gone: nothing of ours has an effect after this."""


class Interruptions:
    """Counts the moments at which a process can be interrupted, and does something at one of them."""

    def __init__(self, moment: int | None = None, act: Event | None = None) -> None:
        self._left, self._act = moment, act
        self.killed = False

    def pass_by(self) -> None:
        """One more moment."""
        if self._left is None or self._act is None:
            return
        if self._left == 0:
            act, self._act = self._act, None
            try:
                act()
            except Killed:
                self._act, self.killed = act, True
                raise
            return
        self._left -= 1


class InterruptedAdapter(EmulatorAdapter):
    """Before and after each request is a moment."""

    def __init__(self, emulator: Emulator, interruptions: Interruptions) -> None:
        super().__init__(emulator)
        self._interruptions = interruptions

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        self._interruptions.pass_by()
        answer = super().send(request, *arguments, **more)
        self._interruptions.pass_by()
        return answer


class InterruptedStore:
    """Before and after each write to the store is a moment."""

    def __init__(self, secret_store: StoredSecrets, interruptions: Interruptions) -> None:
        self._secret_store, self._interruptions, self._pass_by = secret_store, interruptions, interruptions.pass_by
        self.backup_file: str | None = None

    def held(self, slot: Slot) -> Held:
        return self._secret_store.held(slot)

    def secret(self, slot: Slot) -> str | None:
        return self._secret_store.secret(slot)

    def superseded_secret(self, slot: Slot, token_id: str) -> str | None:
        return self._secret_store.superseded_secret(slot, token_id)

    def holds(self, token_id: str) -> bool:
        return self._secret_store.holds(token_id)

    def keeps(self, slot: Slot) -> bool:
        return self._secret_store.keeps(slot)

    def revoked(self, token_ids: Collection[str]) -> None:
        self._pass_by()
        self._secret_store.revoked(token_ids)
        self._pass_by()

    def claim(self, slots: Collection[Slot], creating: Collection[Slot] = ()) -> bool:
        claimed = self._secret_store.claim(slots, creating)
        if claimed:
            self._pass_by()
        return claimed

    def nonce(self, slot: Slot) -> str | None:
        return self._secret_store.nonce(slot)

    def release(self) -> None:
        if not self._interruptions.killed:
            self._secret_store.release()

    def check(self, slots: Collection[Slot] = (), token_ids: Collection[str] = ()) -> None:
        self._secret_store.check(slots, token_ids)

    def begin(self, nonces: Mapping[Slot, str]) -> None:
        self._pass_by()
        self._secret_store.begin(nonces)
        self._pass_by()

    def keep(self, new: Sequence[NewToken]) -> Mapping[Slot, EllipsisError]:
        self._pass_by()
        failures = self._secret_store.keep(new)
        self._pass_by()
        return failures

    def put_back(self, slots: Collection[Slot]) -> None:
        self._pass_by()
        self._secret_store.put_back(slots)
        self._pass_by()

    def forget(self, slots: Collection[Slot]) -> None:
        self._pass_by()
        self._secret_store.forget(slots)
        self._pass_by()

    def secrets(self) -> Mapping[str, str]:
        return self._secret_store.secrets()


@dataclass(frozen=True)
class Report:
    """What came of a run. killed: nobody saw a result."""

    result: Result | None = None
    error: EllipsisError | None = None
    warnings: tuple[str, ...] = ()

    @property
    def killed(self) -> bool:
        return self.result is None and self.error is None


class Keeping(Controller):
    """A controller with a store, its own or one that it shares, or one that remembers the id and the secret of its last result."""

    def __init__(self, emulator: Emulator, place: Path | MemoryServer | None) -> None:
        super().__init__(emulator, holds=place is None)
        self._place = place
        self.interruptions = Interruptions()

    def execute(
        self,
        options: Options,
        interruptions: Interruptions | None = None,
        module: Any = _access_token,
        *,
        apply: bool = True,
    ) -> Report:
        """One task in a process of its own, which may be killed. module: whose task it is. apply: not in check mode."""
        self.interruptions = interruptions or Interruptions()
        stored = {"store": "of the laboratory"} if self._place else {}
        warnings: list[str] = []
        account = self.account(warnings.append)
        account.client.sender._session.mount("http://", InterruptedAdapter(self.emulator, self.interruptions))
        try:
            with handing_over(account):
                parameters = self.parameters({**stored, **options}, module)
                result = module.run(parameters, Context(account, apply, self._open))
        except EllipsisError as exc:
            return Report(error=exc, warnings=tuple(warnings))
        except (Killed, Ended):
            return Report()
        if result.get("secret"):
            self.secret, self.held_id = result["secret"], result["access_token"]["id"]
        return Report(result=result, warnings=tuple(warnings))

    def stored(self) -> dict[str, str]:
        """The secrets in use that are in the store, by id."""
        entries = self._store().entries().values() if self._place else ()
        return {entry.id: entry.token for entry in entries if entry.id and entry.token}

    def secrets(self) -> dict[str, str]:
        """Those, and that of the last result."""
        return {**self.stored(), **({self.held_id: self.secret} if self.secret else {})}

    def holds_now(self) -> tuple[str | None, str | None, frozenset[str]]:
        """The id and the secret that are held, and the recorded nonces."""
        if self._place is None:
            return self.held_id or None, self.secret, frozenset()
        entry = self._store().find(DESCRIPTION) or Entry(_SLOT_OF_NOBODY)
        return entry.id, entry.token, frozenset(entry.pending)

    def replaced(self) -> tuple[str, ...]:
        """The ids that were held before, as far as they are remembered."""
        entry = self._store().find(DESCRIPTION) if self._place else None
        return entry.replaced if entry else ()

    def _open(self, _params: Mapping[str, Any]) -> SecretStore:
        secret_store = StoredSecrets(self._store(), Connection(API, api_token=USER_TOKEN))
        return InterruptedStore(secret_store, self.interruptions)

    def _store(self) -> Store:
        if isinstance(self._place, MemoryServer):
            clock = self.emulator.clock
            return Store(MemoryBackend(self._place, clock.sleep), sleep=clock.sleep, monotonic=clock.now)
        assert self._place
        return Store(FileBackend(self._place, _VAULT, plaintext=True, warn=_no_warning))


def _no_warning(text: str) -> None:
    raise AssertionError(text)


_SLOT_OF_NOBODY: Any = None


def generations(emulator: Emulator) -> list[Token]:
    """The live tokens of the slot, oldest first."""
    marked = [(parse(token.description), token) for token in live_tokens(emulator).values()]
    ours = [(marker.created, token.id, token) for marker, token in marked if marker and marker.slot == SLOT]
    return [token for _created, _id, token in sorted(ours, key=lambda each: each[:2])]


SLOT = Slot("default", DESCRIPTION)


def nonce_of(token: Token) -> str:
    """The nonce in a token's description."""
    marker = parse(token.description)
    return marker.nonce if marker else ""
