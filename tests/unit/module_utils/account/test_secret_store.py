# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the user keeps the secrets, nothing is known here but what the user says, and nothing is to be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.converge import converge, revoke
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore, NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation
from ansible_collections.ellipsis.drive.tests.emulator import UNKNOWN_PATH
from ansible_collections.ellipsis.drive.tests.laws.harness import ROADS, Controller, service

TILES = Desired(Slot("default", "tiles"), (Grant(ROADS, "view"),))
EARLIER = Slot("default", "earlier")


def test_what_the_user_says_is_what_is_held() -> None:
    held = Held(tracked=True, id="x")
    store = ExternalStore({EARLIER: held})
    assert (store.held(EARLIER), store.held(TILES.slot)) == (held, Held())


def test_no_secret_is_there() -> None:
    store = ExternalStore()
    new = NewToken(Generation("x", Marker(EARLIER, "aaaaaa", 0, 0, "aaaaa"), None), "test-secret")
    assert store.keep([new]) == {}
    assert (store.secret(EARLIER), store.superseded_secret(EARLIER, "x"), store.secrets()) == (None, None, {})
    assert (store.nonce(EARLIER), store.backup_file) == (None, None)


def test_nothing_is_left_to_forget_of_what_is_replaced() -> None:
    """Else each run would change something (law 1)."""
    controller = Controller(service())
    desired = replace(TILES, replaces=(EARLIER,))
    first, again = (
        converge(desired, controller.account(pytest.fail), ExternalStore(), apply=True) for _run in range(2)
    )
    assert (first.plan.reason, again.plan.reason) == ("create", "none")


def test_nothing_is_left_to_forget_of_what_is_revoked() -> None:
    controller = Controller(service())
    plan, token = revoke(TILES, UNKNOWN_PATH, controller.account(pytest.fail), ExternalStore(), apply=True)
    assert (plan.steps, token) == ((), None)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with others"])
def test_nobody_else_is_waited_for(alone: bool) -> None:
    """A creation costs one list after it, and before it one more if the lock was not free."""
    controller = Controller(service(), alone=alone)
    account = controller.account(pytest.fail)
    converge(TILES, account, ExternalStore(), apply=True)
    assert account.client.calls["list"] == (2 if alone else 3)
