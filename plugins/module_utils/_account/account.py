# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The live tokens of one account as this process knows them: listed once, and updated with our own writes."""

from __future__ import annotations

import time
import typing as t

from .._api.client import Client, Created
from .._api.errors import Ambiguous
from .._model.desired import Desired
from .._model.errors import EllipsisError
from .._model.marker import Marker, Slot, encode
from .._model.tokens import Generation, ListedToken, by_slot
from .path_tree import FRESH_SECONDS, Tree

# How long a server that shows new tokens late is given before it is asked again.
_PAUSE = 1.0


class Account:
    """One account at one API.

    warn: shows a warning. lock: takes an owner, and returns when only this process may write for it. try_lock: does the same
    without waiting, and returns whether it got the lock. wall: the controller's clock (epoch seconds), used only if the server
    does not tell the time.
    """

    def __init__(
        self,
        client: Client,
        *,
        warn: t.Callable[[str], None],
        lock: t.Callable[[str], None] = lambda _owner: None,
        try_lock: t.Callable[[str], bool] = lambda _owner: False,
        wall: t.Callable[[], float] = time.time,
    ) -> None:
        self.client, self.warn, self.tree = client, warn, Tree(client)
        self._lock, self._try_lock, self._wall = lock, try_lock, wall
        self._locked: set[str] = set()
        self._tokens: dict[str, ListedToken] = {}
        self._slots: dict[Slot, tuple[Generation, ...]] | None = None
        # When the list was read; None if it has to be read before it is used.
        self._taken: float | None = None
        self._offset: float | None = None
        # Created, and the secret is neither in a store nor in a result yet; the id where it is known.
        self._unsaved: dict[Marker, str | None] = {}

    def tokens(self) -> tuple[ListedToken, ...]:
        """All live tokens; the list is read when it is not known or too old."""
        return tuple(self._known().values())

    def token(self, token_id: str) -> ListedToken | None:
        """A live token by its id."""
        return self._known().get(token_id)

    def generations(self, slot: Slot) -> tuple[Generation, ...]:
        """The live tokens of a slot, oldest first. A run-only slot has none, since its tokens are no generations of each other."""
        return () if slot.run_only else self.all_generations().get(slot, ())

    def all_generations(self) -> t.Mapping[Slot, tuple[Generation, ...]]:
        """All our live tokens by slot."""
        tokens = self._known()
        if self._slots is None:
            self._slots = by_slot(tokens.values())
        return self._slots

    def refresh(self) -> tuple[ListedToken, ...]:
        """All live tokens, read now."""
        self.forget_tokens()
        listing = self.client.list_tokens()
        self._tokens = {token.id: token for token in listing.tokens}
        self._taken = taken = self.client.sender.monotonic()
        self._unsaved.update({each.marker: each.id for each in listing.tokens if each.marker in self._unsaved})
        if listing.date is None and self._offset is None:
            self.warn(
                "The server does not say what time it is, so the clock of the controller decides what has expired."
            )
        self._offset = (self._wall() if listing.date is None else listing.date) - taken
        return listing.tokens

    def now(self) -> float:
        """The server's time, epoch seconds, as of the last listing and the seconds since."""
        if self._offset is None:
            self.refresh()
        return t.cast(float, self._offset) + self.client.sender.monotonic()

    def forget(self) -> None:
        """Read everything again next time."""
        self.forget_tokens()
        self.tree.forget()

    def forget_tokens(self) -> None:
        """Read the list again next time."""
        self._taken = self._slots = None

    def prepare_writing(self, owner: str) -> None:
        """Take the lock before the list is read, if it is free. A list read under the lock need not be read again to write (law 1)."""
        if owner not in self._locked and not self._is_fresh() and self._try_lock(owner):
            self._locked.add(owner)

    def begin_writing(self, owner: str) -> bool:
        """Become the only writer for an owner on this controller.

        True if the list was read before we had the lock. Another run may have written since, so plan again (law 26).
        """
        if owner in self._locked:
            return False
        self._lock(owner)
        self._locked.add(owner)
        self.forget_tokens()
        return True

    def create(self, marker: Marker, desired: Desired) -> Created:
        """Create a token. From before the request until settle() or delete() it is unsaved, so that take_back() revokes it (law 9).

        Raises Ambiguous if it may exist all the same, and other errors if it surely does not.
        """
        self._unsaved[marker] = None
        try:
            created = self.client.create_token(encode(marker), desired.access_list, desired.scope, desired.lifetime)
        except Ambiguous:
            raise
        except EllipsisError:
            self.settle([marker])
            raise
        self._unsaved[marker] = created.id
        return created

    def settle(self, markers: t.Iterable[Marker]) -> None:
        """These are no longer unsaved: the secret is stored or in the result, or the user was told what became of the token."""
        for marker in markers:
            self._unsaved.pop(marker, None)

    @property
    def unsaved(self) -> tuple[Marker, ...]:
        """The markers of tokens that were created, or may have been, and whose secret nobody has yet."""
        return tuple(self._unsaved)

    def take_back(self) -> None:
        """Revoke all that is unsaved, since nobody will get its secret (law 9). Warns of what may be left."""
        unread = self._look_for_unclear()
        for marker, token_id in list(self._unsaved.items()):
            left = f"whether its creation made a token is not known ({unread})" if unread else ""
            if token_id:
                left = self._could_not_revoke(token_id)
            if left:
                self.warn(f"The task was ended, and {left}. {remedy(marker)}")
            self.settle([marker])

    def _look_for_unclear(self) -> EllipsisError | None:
        """Find what unclear creations made, if anything; a list may lag. Why the list could not be read, if it could not."""
        for pause in (0.0, _PAUSE):
            if None in self._unsaved.values():
                self.client.sender.sleep(pause)
                try:
                    self.refresh()
                except EllipsisError as exc:
                    return exc
        return None

    def _could_not_revoke(self, token_id: str) -> str:
        """Revoke it, and say why that failed, if it did."""
        try:
            self.delete(token_id)
        except EllipsisError as exc:
            return f"its new token {token_id} could not be revoked ({exc})"
        return ""

    def delete(self, token_id: str) -> None:
        """Revoke a token; one that is already gone is a success."""
        self.client.delete_token(token_id)
        self.settle([marker for marker, known in list(self._unsaved.items()) if known == token_id])
        self._tokens.pop(token_id, None)
        self._slots = None

    def _is_fresh(self) -> bool:
        """Whether the list is young enough to plan from. A loop of items pays for one list (law 1)."""
        return self._taken is not None and self.client.sender.monotonic() - self._taken <= FRESH_SECONDS

    def _known(self) -> dict[str, ListedToken]:
        if not self._is_fresh():
            self.refresh()
        return self._tokens


def remedy(marker: Marker) -> str:
    """What to do about a token whose secret is lost."""
    return (
        f"Look for a token whose description ends in {marker.nonce}] and revoke it, or run again with store or held_id, which "
        "heal this."
    )
