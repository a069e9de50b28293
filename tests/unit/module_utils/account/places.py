# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens that are there already, and a place for secrets in memory that notes what it is asked, and can be made to refuse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore, NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.tests.emulator import Emulator

FULL = EllipsisError("The disk is full.")


def seeded(
    emulator: Emulator, desired: Desired, nonce: str = "aaaaa", *, age: int = 60, slot: Slot | None = None
) -> str:
    """The id of a token that lives already."""
    created = int(emulator.clock.now()) - age
    marker = Marker(slot or desired.slot, desired.spec, created, desired.lifetime, nonce)
    [token_id] = emulator.seed_tokens(1, description=encode(marker), valid_for=desired.lifetime, age=age)
    return token_id


@dataclass(frozen=True)
class Place(ExternalStore):
    """full: descriptions whose secrets are not kept. shows: whether it has what it keeps, which a mere result has not.
    claims: what the next claims answer. meanwhile: happens at each claim. entries: slots that it still knows.

    calls: what was asked, with the descriptions of slots or the ids of tokens.
    """

    full: frozenset[str] = frozenset()
    shows: bool = True
    claims: list[bool] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    entries: frozenset[Slot] = frozenset()
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    kept: dict[Slot, str] = field(default_factory=dict)

    def asked(self, *names: str) -> list[tuple[Any, ...]]:
        """The calls of these names, in order."""
        return [call for call in self.calls if call[0] in names]

    def secret(self, slot: Slot) -> str | None:
        return self.kept.get(slot) if self.shows else None

    def holds(self, token_id: str) -> bool:
        return any(held.id == token_id for held in self.answers.values())

    def keeps(self, slot: Slot) -> bool:
        return slot in self.entries

    def revoked(self, token_ids: Collection[str]) -> None:
        self.calls.append(("revoked", *sorted(token_ids)))

    def claim(self, slots: Collection[Slot], creating: Collection[Slot] = ()) -> bool:
        self.calls.append(("claim", _names(slots), _names(creating)))
        self.meanwhile()
        return bool(self.claims) and self.claims.pop(0)

    def release(self) -> None:
        self.calls.append(("release",))

    def check(self, slots: Collection[Slot] = (), token_ids: Collection[str] = ()) -> None:
        self.calls.append(("check", *_names(slots), *token_ids))

    def begin(self, nonces: Mapping[Slot, str]) -> None:
        self.calls.append(("begin", {slot.description: nonce for slot, nonce in nonces.items()}))

    def keep(self, new: Sequence[NewToken]) -> Mapping[Slot, EllipsisError]:
        self.calls.append(("keep", *_names(each.slot for each in new)))
        self.kept.update({each.slot: each.secret for each in new if each.slot.description not in self.full})
        return {each.slot: FULL for each in new if each.slot.description in self.full}

    def put_back(self, slots: Collection[Slot]) -> None:
        self.calls.append(("put_back", *_names(slots)))
        for slot in slots:
            self.kept.pop(slot, None)

    def forget(self, slots: Collection[Slot]) -> None:
        self.calls.append(("forget", *_names(slots)))


def _names(slots: Any) -> tuple[str, ...]:
    return tuple(sorted(slot.description for slot in slots))
