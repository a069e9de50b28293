# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who keeps the secrets. The plan asks which one is held; a creation tells what it is about to do and has done."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._marker import Slot
from ._plan import Held
from ._tokens import Generation


@dataclass(frozen=True)
class Minted:
    """A token that was just created, and its secret."""

    generation: Generation
    secret: str = field(repr=False)


class Keeper(t.Protocol):
    """What the core needs from whoever keeps secrets."""

    @property
    def backup_file(self) -> str | None:
        """The copy that was made of a file before it was changed."""

    def held(self, slot: Slot) -> Held:
        """Whose secret is held."""

    def secret(self, slot: Slot) -> str | None:
        """The held secret, where this keeper has it."""

    def begin(self, slot: Slot, nonce: str) -> None:
        """A token with this nonce is about to be created: fails when its secret could not be kept."""

    def keep(self, slot: Slot, minted: Minted) -> None:
        """Keep the secret."""

    def put_back(self, slot: Slot) -> None:
        """Undo keep(): the new token turned out not to work and is gone."""

    def forget(self, slot: Slot) -> None:
        """The slot has no tokens any more."""


@dataclass(frozen=True)
class Elsewhere:
    """The user keeps the secrets and says (or does not say) which one is held; nothing is recorded here."""

    answer: Held
    backup_file: str | None = None

    def held(self, slot: Slot) -> Held:  # noqa: ARG002 - as the protocol says
        """What the user said."""
        return self.answer

    def secret(self, slot: Slot) -> str | None:
        """Only the user knows."""

    def begin(self, slot: Slot, nonce: str) -> None:
        """Nothing is recorded."""

    def keep(self, slot: Slot, minted: Minted) -> None:
        """The secret goes into the result."""

    def put_back(self, slot: Slot) -> None:
        """There is nothing to undo."""

    def forget(self, slot: Slot) -> None:
        """There is nothing to forget."""
