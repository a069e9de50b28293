# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for the secret of another controller that created the token first. It stores its secret only after we revoked ours."""

from __future__ import annotations

import typing as t

from .account import Account
from .apply import Outcome
from .creation import PATIENCE, PAUSE
from .secret_store import SecretStore


def await_holders(outcomes: t.Iterable[Outcome], account: Account, secret_store: SecretStore) -> None:
    """Wait, for PATIENCE seconds at most, until the store has the secrets of the tokens that came first.

    They never come if the other controller has a store of its own; then the result is without a secret, and says lost_race.
    """
    sender = account.client.sender
    lost = [(each.slot, each.current.id) for each in outcomes if each.lost_race and each.current]
    deadline = sender.monotonic() + PATIENCE
    while any(secret_store.held(slot).id != token_id for slot, token_id in lost) and sender.monotonic() < deadline:
        sender.sleep(PAUSE)
