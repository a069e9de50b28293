# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A year of daily runs in seconds: as many tokens as the lifetimes ask for, and no consumer ever with a dead one."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from ansible.parsing.vault import VaultLib

from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import ONE_BY_ONE, converge_all
from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import Connection
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.durations import Margin
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.secret_store import StoredSecrets
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN
from ansible_collections.ellipsis.drive.tests.laws.harness import API, Controller, live_tokens, service

DAYS, DAY = 365, 86400
# Two of the shortest, which are due on the same day; some that are due every few days, weeks and months; one for ever.
LIFETIMES = [DAY * days for days in (1, 1, 2, 3, 5, 7, 14, 30, 60, 99)] + [0]
RENEW_WITHIN = Margin(share=0.33)


def expected(lifetime: int) -> int:
    """How many tokens a year of daily runs makes: one on the first day, then one whenever two thirds have passed."""
    if not lifetime:
        return 1
    days_between = math.ceil(lifetime * 0.67 / DAY)
    return math.ceil(DAYS / days_between)


def test_a_year(tmp_path: Path) -> None:
    emulator, vault = service(), VaultLib()
    controller = Controller(emulator)
    grants = (Grant(PATHS["Buildings"], "view"),)
    wanted = [
        Desired(Slot("default", f"token {number}"), grants, lifetime=lifetime, renew_within=RENEW_WITHIN)
        for number, lifetime in enumerate(LIFETIMES)
    ]
    for _day in range(DAYS):
        store = Store(FileBackend(tmp_path / "tokens.yml", vault, plaintext=True, warn=print))
        secret_store = StoredSecrets(store, Connection(API, api_token=USER_TOKEN))
        outcomes = converge_all(wanted, controller.account(print), secret_store, ONE_BY_ONE, apply=True)
        assert not any(outcome.error for outcome in outcomes)
        consumed = {entry.id: entry.token for entry in store.entries().values()}
        # What consumers were given this morning works until the next run.
        emulator.advance(DAY - 1)
        live = live_tokens(emulator)
        assert {token_id: live[token_id].secret for token_id in consumed if token_id in live} == consumed
        assert max(Counter(token.description.partition(" [")[0] for token in live.values()).values()) <= 2
        emulator.advance(1)
    made = Counter(token.description.partition(" [")[0] for token in emulator.tokens)
    assert made == {f"token {number}": expected(lifetime) for number, lifetime in enumerate(LIFETIMES)}
