# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates tokens exactly once, whatever the network does and whoever else creates them at the same time (laws 5, 15, 20).

A creation whose answer is lost leaves a token that nobody holds: it is found by its nonce and revoked before another one
is made. A creation that meets one of another controller gives way unless it came first. See docs/design.md.
"""

from __future__ import annotations

import secrets
import typing as t
from dataclasses import dataclass, replace

from .._api.client import Created
from .._api.errors import Ambiguous, TransportError
from .._model.desired import Desired
from .._model.errors import EllipsisError, RolledBack
from .._model.marker import Marker, Slot, new_nonce
from .._model.tokens import Generation, ListedToken, generation
from .account import Account, remedy
from .secret_store import NewToken, SecretStore
from .workers import Workers

_ROUNDS = 2
# How long a token that must exist is looked for in the list, and how long another controller may take to give way.
PATIENCE = 15.0
PAUSE = 1.0


@dataclass(frozen=True)
class Wanted:
    """A token to create. known: the live tokens of its slot that the plan was made from. lost: nonces of creations whose secret
    can't be kept any more."""

    desired: Desired
    known: tuple[Generation, ...]
    lost: frozenset[str] = frozenset()

    @property
    def slot(self) -> Slot:
        """The slot it is for."""
        return self.desired.slot


@dataclass(frozen=True)
class _Answered:
    wanted: Wanted
    marker: Marker
    created: Created


Made = t.Union[NewToken, Generation, EllipsisError]


class Creations:
    """Creates what is wanted, one token for each slot."""

    def __init__(
        self, wanted: t.Sequence[Wanted], account: Account, secret_store: SecretStore, workers: Workers
    ) -> None:
        self._wanted = wanted
        self._account, self._secret_store, self._workers = account, secret_store, workers
        self._nonces = {nonce for each in wanted for nonce in each.lost}
        self._known_ids = {known.id for each in wanted for known in each.known}
        self._made: dict[Slot, Made] = {}

    def run(self) -> dict[Slot, Made]:
        """For each slot the new token, or the token of another controller that came first, or what went wrong."""
        answered = self._create(self._wanted)
        try:
            if answered:
                self._give_way(self._find(answered))
        except EllipsisError as exc:
            for each in answered:
                self._made[each.wanted.slot] = self._withdraw(each, exc)
        return self._made

    def _withdraw(self, answered: _Answered, why: EllipsisError) -> EllipsisError:
        """Revoke a token whose secret is dropped because of an error (law 25). Returns the error with what became of the token."""
        token_id, what = answered.created.id, f"{str(why).rstrip('.')}. A new token was made before that"
        try:
            if token_id:
                self._account.delete(token_id)
                return RolledBack(f"{what} and was revoked again.")
        except EllipsisError as exc:
            what = f"{what}, and revoking it failed too: {exc}"
        self._account.settle([answered.marker])
        return TransportError(f"{what.rstrip('.')}. {remedy(answered.marker)}")

    def _create(self, wanted: t.Sequence[Wanted]) -> list[_Answered]:
        answered: list[_Answered] = []
        lost: list[tuple[Wanted, Marker, Ambiguous]] = []
        for _round in range(_ROUNDS):
            markers = [(each, self._new_marker(each)) for each in wanted]
            self._secret_store.begin({each.slot: marker.nonce for each, marker in markers})
            lost = []
            for (each, marker), answer in self._workers.map(self._post, markers, "created"):
                if isinstance(answer, Created):
                    answered.append(_Answered(each, marker, answer))
                elif isinstance(answer, Ambiguous):
                    lost.append((each, marker, answer))
                else:
                    self._made[each.slot] = answer
            cleaned_up = self._clean_up(lost) if lost else False
            self._account.settle(marker for _wanted, marker, _error in lost)
            if not cleaned_up:
                break
            wanted = [each for each, _marker, _error in lost]
        for each, marker, error in lost:
            self._made.setdefault(each.slot, _gave_up(each, marker, error))
        return answered

    def _post(self, item: tuple[Wanted, Marker]) -> Created:
        wanted, marker = item
        return self._account.create(marker, wanted.desired)

    def _new_marker(self, wanted: Wanted) -> Marker:
        # Later than every live generation even when two are made in one second or the server's clock steps back.
        created = max([int(self._account.now()), *(each.marker.created + 1 for each in wanted.known)])
        desired = wanted.desired
        nonce = self._secret_store.nonce(wanted.slot) or new_nonce(secrets.choice)
        marker = Marker(wanted.slot, desired.spec, created, desired.lifetime, nonce)
        self._nonces.add(marker.nonce)
        return marker

    def _clean_up(self, lost: t.Sequence[tuple[Wanted, Marker, Ambiguous]]) -> bool:
        """Revoke what creations with a lost answer may have made, since nobody has those secrets (law 5). False if that failed."""
        try:
            markers = [marker for _wanted, marker, _error in lost]
            orphans = self._look_for(markers)
            if set(markers) - orphans.keys():
                self._account.client.sender.sleep(PAUSE)
                orphans.update(self._look_for(markers))
            for orphan in orphans.values():
                self._account.delete(orphan.id)
        except EllipsisError as exc:
            for wanted, marker, error in lost:
                self._made[wanted.slot] = TransportError(
                    f"{error}, and whether it made a token is not known: {str(exc).rstrip('.')}. {remedy(marker)}"
                )
            return False
        return True

    def _look_for(self, markers: t.Iterable[Marker]) -> dict[Marker, ListedToken]:
        """The tokens with these markers in a list read now."""
        listed = {token.marker: token for token in self._account.refresh() if token.marker}
        return {marker: listed[marker] for marker in markers if marker in listed}

    def _find(self, answered: t.Sequence[_Answered]) -> list[NewToken]:
        """Our tokens in a list read after their creation. Servers may show them late, and some only there say the id."""
        clock = self._account.client.sender.monotonic
        deadline = clock() + PATIENCE
        missing, found = list(answered), {}
        while missing:
            listed = self._look_for(each.marker for each in missing)
            found.update(listed)
            missing = [each for each in missing if each.marker not in listed and not self._was_altered(each)]
            if not missing or clock() >= deadline:
                break
            self._account.client.sender.sleep(PAUSE)
        new = [
            NewToken(generation(found[each.marker], each.marker), each.created.secret)
            for each in answered
            if each.marker in found
        ]
        return new + [unlisted for each in missing for unlisted in self._unlisted(each)]

    def _unlisted(self, answered: _Answered) -> t.Iterator[NewToken]:
        """A token that the list does not show is only of use when its id is known."""
        marker, created = answered.marker, answered.created
        if created.id is None:
            self._account.settle([marker])
            self._made[marker.slot] = TransportError(
                f"A token was created for {marker.slot.description!r}, but the server neither says its id nor lists it, so "
                f"its secret was dropped. Look for a token whose description ends in {marker.nonce}] and revoke it."
            )
            return
        self._account.warn(f"The new token {created.id} is not listed yet; another run now could make a second one.")
        expiry = marker.created + marker.lifetime if marker.lifetime else None
        yield NewToken(Generation(created.id, marker, expiry), created.secret)

    def _was_altered(self, answered: _Answered) -> bool:
        """Whether the server changed our description. Such a token is revoked: it would be made again on every run (law 1)."""
        listed = self._account.token(answered.created.id) if answered.created.id else self._altered(answered.marker)
        if listed is None:
            return False
        self._account.delete(listed.id)
        self._account.settle([answered.marker])
        self._made[answered.marker.slot] = TransportError(
            f"The server lists the new token under another description ({listed.description!r}), so it could not be "
            "recognised by the next run; it was revoked again."
        )
        return True

    def _altered(self, marker: Marker) -> ListedToken | None:
        """Our token under another slot: the rest of a marker is too long to be there twice by chance."""
        markers = ((each, each.marker) for each in self._account.tokens() if each.marker)
        return next((each for each, found in markers if replace(found, slot=marker.slot) == marker), None)

    def _give_way(self, new: t.Sequence[NewToken]) -> None:
        """Decide between our tokens and those that other controllers created at the same moment (laws 5, 26).

        The lower (CREATED, id) wins. The lower one waits until the other has given way, since that one may have been
        listed alone, and kept, before ours was there: a token that was once kept never loses.
        """
        clock = self._account.client.sender.monotonic
        deadline = clock() + PATIENCE
        twins = {each: self._twins(each.generation) for each in new}
        while any(each.generation.order < found[0].order for each, found in twins.items() if found):
            if clock() >= deadline:
                break
            self._account.client.sender.sleep(PAUSE)
            self._account.refresh()
            twins = {each: self._twins(each.generation) for each in new}
        for each, found in twins.items():
            self._made[each.slot] = found[0] if found else each
            if found:
                self._account.delete(each.generation.id)

    def _twins(self, ours: Generation) -> tuple[Generation, ...]:
        """Tokens of the slot that were not there when the plan was made; late ones of lost creations are revoked on sight."""
        slot = ours.marker.slot
        others = [each for each in self._account.all_generations().get(slot, ()) if each.id != ours.id]
        new = [each for each in others if each.id not in self._known_ids]
        for late in [each for each in new if each.marker.nonce in self._nonces]:
            self._account.delete(late.id)
        # What belongs to another run is no twin.
        return () if slot.run_only else tuple(each for each in new if each.marker.nonce not in self._nonces)


def _gave_up(wanted: Wanted, marker: Marker, error: Ambiguous) -> TransportError:
    return TransportError(
        f"No token was made for {wanted.slot.description!r}: {error} (nonce {marker.nonce}), twice. Nothing was replaced; run "
        "again."
    )
