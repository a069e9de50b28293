# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a controller does that lost a race: the one that came first keeps its secret only after the other gave way."""

from __future__ import annotations

import typing as t

from .account import Account
from .apply import Outcome
from .creation import PATIENCE, PAUSE
from .secret_store import SecretStore


def await_holders(outcomes: t.Iterable[Outcome], account: Account, secret_store: SecretStore) -> None:
    """Wait until a store that both controllers use has the secrets. With a store of its own the other one keeps them elsewhere."""
    sender = account.client.sender
    lost = [(each.slot, each.current.id) for each in outcomes if each.lost_race and each.current]
    deadline = sender.monotonic() + PATIENCE
    while any(secret_store.held(slot).id != token_id for slot, token_id in lost) and sender.monotonic() < deadline:
        sender.sleep(PAUSE)
