# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating one token exactly once, whatever the network does and whoever else is creating it at the same time.

A creation whose answer is lost leaves a token that nobody holds: it is found by its nonce and revoked before another one
is made. A creation that meets one of another controller gives way unless it came first. See docs/design.md.
"""

from __future__ import annotations

import secrets
import typing as t

from ._account import Account
from ._client import Created
from ._errors import Ambiguous, EllipsisError, TransportError
from ._keeper import Keeper, Minted
from ._marker import Marker, encode, new_nonce
from ._plan import Desired
from ._tokens import Generation, ListedToken, generation, generations_of

_TRIES = 2
# How long a token that must exist is looked for in the list, and how long another controller may take to give way.
_PATIENCE = 15.0
_PAUSE = 1.0


class Creation:
    """One token being created for a slot. known: the ids of the slot that the plan was made from."""

    def __init__(self, account: Account, keeper: Keeper, desired: Desired, known: t.Iterable[Generation]) -> None:
        self._account, self._keeper, self._desired = account, keeper, desired
        self._known = {each.id: each for each in known}
        self._nonces: set[str] = set()

    def run(self) -> tuple[Minted | None, Generation]:
        """The new token, or None and the token of another controller that came first."""
        marker, created = self._create()
        ours = self._find(marker, created)
        winner = self._give_way(ours)
        return (None, winner) if winner else (Minted(ours, created.secret), ours)

    def _create(self) -> tuple[Marker, Created]:
        lost: list[str] = []
        for _attempt in range(_TRIES):
            marker = self._new_marker()
            self._keeper.begin(marker.slot, marker.nonce)
            try:
                desired = self._desired
                created = self._account.client.create_token(
                    encode(marker), desired.access_list, desired.scope, desired.lifetime
                )
                return marker, created
            except Ambiguous as exc:
                lost.append(f"{exc} (nonce {marker.nonce})")
                self._clean_up(marker, exc)
        raise TransportError(
            f"No token was made for {self._desired.slot.description!r}: {'; '.join(lost)}. Nothing was replaced; run again."
        )

    def _new_marker(self) -> Marker:
        # Later than every live generation even when two are made in one second or the server's clock steps back.
        created = max([int(self._account.now()), *(each.marker.created + 1 for each in self._known.values())])
        marker = Marker(
            self._desired.slot, self._desired.spec, created, self._desired.lifetime, new_nonce(secrets.choice)
        )
        self._nonces.add(marker.nonce)
        return marker

    def _clean_up(self, marker: Marker, lost: Ambiguous) -> None:
        """Revoke what a creation with a lost answer may have made: nobody has its secret."""
        try:
            orphan = self._look_for(marker.nonce) or self._look_for(marker.nonce, after=_PAUSE)
            if orphan:
                self._account.delete(orphan.id)
        except EllipsisError as exc:
            raise TransportError(
                f"{lost}, and whether it made a token can't be told: {exc} Look for a token whose description ends in "
                f"{marker.nonce}] and revoke it, or run again with store or held_id, which heal this."
            ) from None

    def _look_for(self, nonce: str, after: float = 0.0) -> ListedToken | None:
        if after:
            self._account.client.sender.sleep(after)
        return next((each for each in self._account.refresh() if each.marker and each.marker.nonce == nonce), None)

    def _find(self, marker: Marker, created: Created) -> Generation:
        """Our token in a list read after its creation. Servers may show it late, and some only there say its id."""
        clock = self._account.client.sender.monotonic
        token, deadline = self._look_for(marker.nonce), clock() + _PATIENCE
        while token is None and clock() < deadline:
            self._refuse_altered_description(created)
            token = self._look_for(marker.nonce, after=_PAUSE)
        if token is not None:
            return generation(token, marker)
        if created.id is None:
            raise TransportError(
                f"A token was created for {marker.slot.description!r}, but the server neither says its id nor lists it, so "
                f"its secret was dropped. Look for a token whose description ends in {marker.nonce}] and revoke it."
            )
        self._account.warn(f"The new token {created.id} is not listed yet; another run now could make a second one.")
        return Generation(created.id, marker, marker.created + marker.lifetime if marker.lifetime else None)

    def _refuse_altered_description(self, created: Created) -> None:
        """A token that can't be recognised would be made again on every run."""
        listed = next((each for each in self._account.tokens() if each.id == created.id), None)
        if listed is not None:
            self._account.delete(listed.id)
            raise TransportError(
                f"The server lists the new token under another description ({listed.description!r}), so it could not be "
                "recognised by the next run; it was revoked again."
            )

    def _give_way(self, ours: Generation) -> Generation | None:
        """The token of another controller that came first, after ours is gone; None when ours stays.

        The lower (CREATED, id) wins. The lower one waits until the other has given way, since that one may have been
        listed alone, and kept, before ours was there: a token that was once kept never loses.
        """
        clock = self._account.client.sender.monotonic
        deadline = clock() + _PATIENCE
        twins = self._twins(ours)
        while twins and ours.order < twins[0].order and clock() < deadline:
            self._account.client.sender.sleep(_PAUSE)
            self._account.refresh()
            twins = self._twins(ours)
        if twins:
            self._account.delete(ours.id)
            return twins[0]
        return None

    def _twins(self, ours: Generation) -> tuple[Generation, ...]:
        """Tokens of the slot that were not there when the plan was made; late ones of our own are revoked on sight."""
        slot = self._desired.slot
        new = [x for x in generations_of(slot, self._account.tokens()) if x.id != ours.id and x.id not in self._known]
        for late in [each for each in new if each.marker.nonce in self._nonces]:
            self._account.delete(late.id)
        return tuple(each for each in new if each.marker.nonce not in self._nonces)
