# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What backends on a server have in common: a call for each entry, repeated calls, and lost answers to writes."""

from __future__ import annotations

import abc
import email.utils
import re
import time
import typing as t
from urllib.parse import unquote

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import KeptOrNot
from ansible_collections.ellipsis.drive.plugins.module_utils._account.workers import Workers
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.backend import Conflict, Versioned, Written
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Raw, StoreError

Answer = t.TypeVar("Answer")
_PAUSES = (0.5, 1.0, 2.0, 4.0)
_AT_A_TIME = 8


class Unavailable(StoreError):
    """The server did not do it now, or did not say so; another try may help."""


class Unsettled(StoreError, KeptOrNot):
    """Whether a write was carried out can't be told."""


class ServerClock:
    """What time it is by the header Date of the last answer, whatever the clocks of controllers say."""

    def __init__(self, monotonic: t.Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset: float | None = None

    def note(self, date: str | None) -> None:
        """Take the time from an answer."""
        try:
            self._offset = email.utils.parsedate_to_datetime(date or "").timestamp() - self._monotonic()
        except ValueError:
            return

    def now(self) -> float | None:
        """Epoch seconds."""
        return None if self._offset is None else self._offset + self._monotonic()


class RemoteBackend(abc.ABC):
    """Entries on a server, one call for each, which subclasses make."""

    shared = True
    backup_file: str | None = None
    address: str
    # What names may have besides letters and digits, and what stands before the hexadecimal bytes of everything else.
    allowed: str
    mark: str

    def __init__(self, clock: ServerClock, sleep: t.Callable[[float], object] = time.sleep) -> None:
        self._clock, self._sleep = clock, sleep

    @abc.abstractmethod
    def check(self) -> None:
        """Fail where a write would fail, as far as looking tells."""

    def rehearse(self, names: t.Collection[str]) -> None:
        """The claim is a write, and it comes before any other. Before it, and in check mode, there is what looking tells."""
        self._patiently(lambda: self.check_rights([self.key_of(name) for name in names]))

    def check_rights(self, keys: t.Collection[str]) -> None:  # noqa: B027 - only some servers tell
        """Fail where this login may not write and remove these entries, if the server tells."""

    @abc.abstractmethod
    def list_keys(self) -> t.Iterable[str]:
        """The keys of all entries, and of whatever else there is."""

    @abc.abstractmethod
    def get(self, key: str) -> Versioned:
        """An entry."""

    @abc.abstractmethod
    def put(self, key: str, raw: Raw, version: t.Any) -> t.Any:
        """Write an entry in place of a version and return the new one. Raises Conflict."""

    @abc.abstractmethod
    def remove(self, key: str, version: t.Any) -> t.Any:
        """Remove a version of an entry, and return what takes its place as a version. Raises Conflict."""

    def names(self) -> t.Collection[str]:
        """The descriptions of all entries."""
        names = {key: self.name_of(key) for key in self._patiently(lambda: list(self.list_keys()))}
        return [name for key, name in names.items() if self.key_of(name) == key]

    def read(self, names: t.Collection[str]) -> dict[str, Versioned]:
        """The entries, some at a time."""
        found = self._each(lambda name: self._patiently(lambda: self.get(self.key_of(name))), names)
        for answer in found.values():
            if isinstance(answer, EllipsisError):
                raise answer
        return {name: t.cast(Versioned, answer) for name, answer in found.items()}

    def write(self, changes: t.Mapping[str, Versioned]) -> dict[str, Written]:
        """Write the entries, some at a time."""
        written = self._each(lambda name: self._settle(self.key_of(name), changes[name]), changes)
        return {name: t.cast(Written, answer) for name, answer in written.items()}

    def now(self) -> float | None:
        """The server's time."""
        return self._clock.now()

    def key_of(self, name: str) -> str:
        """What stands for a description in the server's own names: every description has one, no two have the same."""

        def escaped(match: re.Match[str]) -> str:
            return "".join(f"{self.mark}{byte:02X}" for byte in match[0].encode())

        key = re.sub(f"[^{self.allowed}]", escaped, name)
        return f"{self.mark}2E{key[1:]}" if key.startswith(".") else key

    def name_of(self, key: str) -> str:
        """The description that a key stands for, if it does."""
        return unquote(key.replace("%", "%25").replace(self.mark, "%") if self.mark != "%" else key, errors="replace")

    def _each(self, work: t.Callable[[str], Answer], names: t.Collection[str]) -> dict[str, Answer | EllipsisError]:
        return dict(Workers(_AT_A_TIME).map(work, list(names), "done"))

    def _patiently(self, call: t.Callable[[], Answer]) -> Answer:
        for pause in _PAUSES:
            try:
                return call()
            except Unavailable:  # noqa: PERF203 - each try may fail
                self._sleep(pause)
        return call()

    def _settle(self, key: str, change: Versioned) -> Written:
        """Write an entry. After an answer that was lost, the write is only sent again if the entry is as it was (law 25)."""
        error: StoreError | None = None
        for pause in (*_PAUSES, 0.0):
            try:
                found = self.get(key) if error else None
                if found and found.raw == change.raw:
                    return found
                if found and found.version != change.version:
                    return Conflict()
                if change.raw is None:
                    return Versioned(None, self.remove(key, change.version))
                return Versioned(change.raw, self.put(key, change.raw, change.version))
            except Conflict as exc:  # noqa: PERF203 - each try may fail
                return exc
            except Unavailable as exc:
                error = exc
                self._sleep(pause)
        return Unsettled(f"{str(error).rstrip('.')}, so whether it was written is not known; the next run settles it.")
