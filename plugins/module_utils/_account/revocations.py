# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revokes tokens, and tells the store which are gone even if the task is ended meanwhile: no stored secret is dead (law 9)."""

from __future__ import annotations

import contextlib

from .._model.errors import EllipsisError
from .account import Account
from .secret_store import SecretStore


class Revocations:
    """Revokes within a C(with), at whose end the store is told, once for all of them."""

    def __init__(self, account: Account, secret_store: SecretStore) -> None:
        self._account, self._secret_store = account, secret_store
        self._begun: set[str] = set()
        self._done: set[str] = set()

    def revoke(self, token_id: str) -> None:
        """Revoke one; several threads may do so."""
        self._begun.add(token_id)
        self._account.delete(token_id)
        self._done.add(token_id)

    def __enter__(self) -> Revocations:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _where: object) -> None:
        if error and not isinstance(error, EllipsisError) and self._begun - self._done:
            # It ended in the middle of a request, and only the list tells whether that arrived.
            with contextlib.suppress(EllipsisError):
                self._done |= self._begun - {token.id for token in self._account.refresh()}
        if self._done:
            self._tell_the_store()

    def _tell_the_store(self) -> None:
        try:
            self._secret_store.revoked(self._done)
        except EllipsisError:
            raise
        except BaseException:
            # The task was ended just here. That happens once, and telling the store twice does no harm.
            self._secret_store.revoked(self._done)
            raise
