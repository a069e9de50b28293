# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who keeps the secrets. The plan asks which one is held; creations tell what they are about to do and have done."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._model.desired import Held
from .._model.errors import EllipsisError
from .._model.marker import Slot
from .._model.tokens import Generation


class KeptOrNot(EllipsisError):
    """Whether a secret was kept can't be told: its token must not be revoked, since consumers may have it."""


@dataclass(frozen=True)
class NewToken:
    """A token that was just created, and its secret."""

    generation: Generation
    secret: str = field(repr=False)

    @property
    def slot(self) -> Slot:
        """The slot it was created for."""
        return self.generation.marker.slot


class SecretStore(t.Protocol):
    """What the core needs from whoever keeps secrets."""

    @property
    def backup_file(self) -> str | None:
        """The copy that was made of a file before it was changed."""

    def held(self, slot: Slot) -> Held:
        """Whose secret is held."""

    def secret(self, slot: Slot) -> str | None:
        """The held secret, where this secret store has it."""

    def superseded_secret(self, slot: Slot, token_id: str) -> str | None:
        """The secret of a replaced token, where this secret store still has it."""

    def holds(self, token_id: str) -> bool:
        """Whether this secret store has the secret of a token."""

    def keeps(self, slot: Slot) -> bool:
        """Whether this secret store has an entry for a slot."""

    def revoked(self, token_ids: t.Collection[str]) -> None:
        """These tokens are no more. Where one of them was held, the one before it is held again, if its secret is there."""

    def claim(self, slots: t.Collection[Slot], creating: t.Collection[Slot] = ()) -> bool:
        """Become the only controller that writes for these slots and those claimed before. What was read no longer counts.
        creating: those of them for which a token is about to be created, so that one write can do for begin(), too.

        False where the secret store knows of no other controllers.
        """

    def nonce(self, slot: Slot) -> str | None:
        """The nonce that the claim has recorded for a creation, once."""

    def release(self) -> None:
        """Give back what was claimed."""

    def check(self, slots: t.Collection[Slot] = (), token_ids: t.Collection[str] = ()) -> None:
        """Fail where writing for these slots, or taking out these tokens, would fail now, without changing anything."""

    def begin(self, nonces: t.Mapping[Slot, str]) -> None:
        """Tokens with these nonces are about to be created: fails when their secrets could not be kept."""

    def keep(self, new: t.Sequence[NewToken]) -> t.Mapping[Slot, EllipsisError]:
        """Keep the secrets. What could not be kept, and why; KeptOrNot where that can't be told."""

    def put_back(self, slots: t.Collection[Slot]) -> None:
        """Undo keep() for these: the new tokens turned out not to work."""

    def forget(self, slots: t.Collection[Slot]) -> None:
        """These have no tokens any more."""

    def secrets(self) -> t.Mapping[str, str]:
        """All secrets that this secret store has, by the ids of their tokens, whatever slot and account they are of."""


@dataclass(frozen=True)
class ExternalStore:
    """The user keeps the secrets and says (or does not say) which ones are held; nothing is recorded here."""

    answers: t.Mapping[Slot, Held] = field(default_factory=dict)
    backup_file: str | None = None

    def held(self, slot: Slot) -> Held:
        """What the user said."""
        return self.answers.get(slot, Held())

    def secret(self, slot: Slot) -> str | None:
        """Only the user knows."""

    def superseded_secret(self, slot: Slot, token_id: str) -> str | None:
        """Only the user knows."""

    def holds(self, token_id: str) -> bool:
        """Nothing is kept here."""
        del token_id
        return False

    def keeps(self, slot: Slot) -> bool:
        """Nothing is kept here."""
        del slot
        return False

    def revoked(self, token_ids: t.Collection[str]) -> None:
        """There is nothing to take back."""

    def claim(self, slots: t.Collection[Slot], creating: t.Collection[Slot] = ()) -> bool:
        """Only the user knows who else there is."""
        del slots, creating
        return False

    def nonce(self, slot: Slot) -> str | None:
        """Nothing is recorded."""
        del slot
        return None

    def release(self) -> None:
        """Nothing was claimed."""

    def check(self, slots: t.Collection[Slot] = (), token_ids: t.Collection[str] = ()) -> None:
        """Nothing is written here."""
        del slots, token_ids

    def begin(self, nonces: t.Mapping[Slot, str]) -> None:
        """Nothing is recorded."""

    def keep(self, new: t.Sequence[NewToken]) -> t.Mapping[Slot, EllipsisError]:
        """The secrets go into the result."""
        del new
        return {}

    def put_back(self, slots: t.Collection[Slot]) -> None:
        """There is nothing to undo."""

    def forget(self, slots: t.Collection[Slot]) -> None:
        """There is nothing to forget."""

    def secrets(self) -> t.Mapping[str, str]:
        """Only the user knows."""
        return {}
