# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a backend of a store has to be able to do. store.py decides what entries mean."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Raw, StoreError


@dataclass(frozen=True)
class Versioned:
    """The mapping of an entry, None where there is none, and what tells whether it is still the one that was read."""

    raw: Raw | None = field(default=None, repr=False)
    version: t.Any = field(default=None, repr=False)


class Conflict(Exception):
    """The entry is not the one any more that was read."""


Written = Versioned | Conflict | StoreError


class Backend(t.Protocol):
    """Entries as mappings under their descriptions. Every failure is a StoreError that continues "The store … ".

    shared: controllers meet here, so that now() tells the time for all of them.
    """

    shared: bool

    @property
    def address(self) -> str:
        """What the user knows it by."""

    @property
    def backup_file(self) -> str | None:
        """The copy that was made before the first change, where such copies are asked for and made."""

    def check(self) -> None:
        """Fail where a write would fail, as far as looking tells."""

    def rehearse(self, names: t.Collection[str]) -> None:
        """Fail where writing or removing these entries would fail, without changing anything."""

    def names(self) -> t.Collection[str]:
        """The descriptions of all entries."""

    def read(self, names: t.Collection[str]) -> dict[str, Versioned]:
        """The entries with these descriptions; every one of them is in the answer."""

    def write(self, changes: t.Mapping[str, Versioned]) -> dict[str, Written]:
        """Write each mapping in place of the version that was read, or remove the entry where it is None.

        What became of each: the entry as it is now, Conflict, or why it could not be written.
        """

    def now(self) -> float | None:
        """The time of the server that controllers share, epoch seconds, as of the last answer; None where nobody said it."""
