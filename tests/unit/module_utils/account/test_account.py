# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a process knows of an account: what it takes back at its end, what time it is, and when the list is read again."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import Ambiguous, ApiError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Variant
from ansible_collections.ellipsis.drive.tests.laws.harness import ROADS, Controller, listings, live_tokens, service

START = 1_800_000_000
DESIRED = Desired(Slot("default", "tiles"), (Grant(ROADS, "view"),), lifetime=86400)
MARKER = Marker(DESIRED.slot, DESIRED.spec, START, DESIRED.lifetime, "aaaaa")
REMEDY = "Look for a token whose description ends in aaaaa] and revoke it, or run again with store or held_id, which heal this."


def open_account(emulator: Emulator) -> tuple[Account, list[str]]:
    warnings: list[str] = []
    return Controller(emulator).account(warnings.append), warnings


# What goes wrong, how long the list lags, and then: listings, seconds of waiting, tokens that live on.
TAKEN_BACK: dict[str, tuple[list[dict[str, Any]], float, int, float, int]] = {
    "answered": ([], 0, 0, 0, 0),
    "listed": ([{"kind": "cut_after", "method": "POST"}], 0, 1, 0, 0),
    "listed late": ([{"kind": "cut_after", "method": "POST"}], 0.5, 2, 1, 0),
    "never made": ([{"kind": "cut_before", "method": "POST"}], 0, 2, 1, 0),
    "no list": (
        [{"kind": "cut_after", "method": "POST"}, {"kind": "status", "status": 500, "method": "GET", "times": None}],
        0, 1, 0, 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN_BACK)
def test_what_is_unsaved_is_taken_back(name: str) -> None:
    """Looked for as often as it takes, and no more: whoever ends a process does not wait for long."""
    faults, lag, listed, waited, left = TAKEN_BACK[name]
    emulator = service()
    emulator.set_policy(list_lag=lag)
    for fault in faults:
        emulator.fault(**fault)
    account, _warnings = open_account(emulator)
    with contextlib.suppress(Ambiguous):
        account.create(MARKER, DESIRED)
    assert [*account.unsaved] == [MARKER]
    account.take_back()
    assert (listings(emulator), emulator.clock.now() - START) == (listed, waited)
    assert (len(live_tokens(emulator)), account.unsaved) == (left, ())


def test_what_can_not_be_taken_back_is_said() -> None:
    emulator = service()
    emulator.fault(kind="status", status=500, method="DELETE", times=None)
    account, warnings = open_account(emulator)
    created = account.create(MARKER, DESIRED)
    account.take_back()
    [warning] = warnings
    assert warning.startswith(f"The task was ended, and its new token {created.id} could not be revoked (DELETE ")
    assert warning.endswith(f"). {REMEDY}")
    assert not account.unsaved


def test_what_may_be_left_is_said() -> None:
    emulator = service()
    emulator.fault(kind="cut_after", method="POST")
    emulator.fault(kind="status", status=500, method="GET", times=None)
    account, warnings = open_account(emulator)
    with contextlib.suppress(Ambiguous):
        account.create(MARKER, DESIRED)
    account.take_back()
    [warning] = warnings
    assert warning.startswith("The task was ended, and whether its creation made a token is not known (GET ")
    assert warning.endswith(f"). {REMEDY}")


def test_each_unsaved_token_is_taken_back_or_told_of() -> None:
    """What is known by its id is revoked, and nothing is said of it, although the other one can't be looked for."""
    emulator = service()
    other = replace(MARKER, slot=Slot("default", "roads"), nonce="bbbbb")
    emulator.fault(kind="cut_after", method="POST")
    emulator.fault(kind="status", status=500, method="GET", times=None)
    account, warnings = open_account(emulator)
    with contextlib.suppress(Ambiguous):
        account.create(MARKER, DESIRED)
    account.create(other, DESIRED)
    assert account.unsaved == (MARKER, other)
    account.take_back()
    [warning] = warnings
    assert warning.endswith(f"). {REMEDY}")
    assert [token.description for token in live_tokens(emulator).values()] == [encode(MARKER)]
    assert not account.unsaved


def test_nothing_unsaved_is_nothing_to_do() -> None:
    emulator = service()
    account, _warnings = open_account(emulator)
    account.take_back()
    assert not emulator.journal


@pytest.mark.parametrize("says_id", [True, False], ids=["id", "no id"])
def test_what_is_revoked_or_handed_over_is_not_taken_back(says_id: bool) -> None:
    """And the others are. Where the server says no id, the list does."""
    emulator = service(Variant(create_id=says_id))
    account, _warnings = open_account(emulator)
    markers = [replace(MARKER, slot=Slot("default", name)) for name in ("revoked", "handed over", "neither")]
    for marker in markers:
        account.create(marker, DESIRED)
    account.refresh()
    [revoked] = account.generations(markers[0].slot)
    account.delete(revoked.id)
    assert account.unsaved == (markers[1], markers[2])
    account.settle([markers[1]])
    start = len(emulator.journal)
    account.take_back()
    assert [entry.method for entry in emulator.journal[start:]] == ["DELETE"]
    assert [token.description for token in live_tokens(emulator).values()] == [encode(markers[1])]


def test_a_creation_that_surely_made_nothing_is_not_looked_for() -> None:
    emulator = service()
    emulator.fault(kind="status", status=400, method="POST")
    account, _warnings = open_account(emulator)
    with pytest.raises(ApiError):
        account.create(MARKER, DESIRED)
    assert not account.unsaved


@pytest.mark.parametrize("dates", [True, False], ids=["the server says it", "the server does not"])
def test_what_time_it_is(dates: bool) -> None:
    """That the clock here has to do is said once, at the first list; the server's clock counts wherever it is known."""
    emulator = service(Variant(date_header=dates))
    emulator.set_policy(date_skew=100.0)
    account, warnings = open_account(emulator)
    assert account.now() == START + (100 if dates else 0)
    said = ["The server does not say what time it is, so the clock of the controller decides what has expired."]
    assert warnings == ([] if dates else said)
    emulator.advance(5)
    account.refresh()
    assert account.now() == START + 5 + (100 if dates else 0)
    assert warnings == ([] if dates else said)


@pytest.mark.parametrize(("age", "listed"), [(60, 1), (61, 2)])
def test_a_list_is_read_again_when_it_is_old(age: float, listed: int) -> None:
    emulator = service()
    account, _warnings = open_account(emulator)
    for _question in range(2):
        assert not account.tokens()
        emulator.advance(age)
    assert listings(emulator) == listed


@pytest.mark.parametrize(
    ("free", "locked", "again", "listed"),
    [(True, 0, False, 1), (False, 1, True, 2)],
    ids=["free", "taken"],
)
def test_a_list_that_was_read_under_the_lock_need_not_be_read_again(
    free: bool, locked: int, again: bool, listed: int
) -> None:
    emulator, owners, tried = service(), list[str](), list[str]()

    def try_lock(owner: str) -> bool:
        tried.append(owner)
        return free

    client = Controller(emulator).account(pytest.fail).client
    account = Account(client, warn=pytest.fail, lock=owners.append, try_lock=try_lock)
    for _task in range(2):
        account.prepare_writing("team")
        account.tokens()
    assert account.begin_writing("team") is again
    assert not account.begin_writing("team")
    account.tokens()
    account.prepare_writing("team")
    assert (owners, tried, listings(emulator)) == (["team"] * locked, ["team"], listed)


def test_who_says_nothing_of_locks_has_none_before_it_writes() -> None:
    """So a module that is sent to another host reads the list again before it writes."""
    emulator = service()
    account = Account(Controller(emulator).account(pytest.fail).client, warn=pytest.fail)
    account.prepare_writing("team")
    account.tokens()
    assert account.begin_writing("team")
    account.tokens()
    assert listings(emulator) == 2


def test_what_time_it_is_needs_no_list_of_its_own() -> None:
    emulator = service()
    account, _warnings = open_account(emulator)
    account.tokens()
    emulator.advance(600)
    assert (account.now(), listings(emulator)) == (START + 600, 1)


@pytest.mark.parametrize(("everything", "paths"), [(False, 1), (True, 2)], ids=["the list", "everything"])
def test_what_is_forgotten_is_read_again(everything: bool, paths: int) -> None:
    emulator = service()
    account, _warnings = open_account(emulator)
    for _task in range(2):
        account.tokens()
        account.tree.views([ROADS])
        account.forget() if everything else account.forget_tokens()
    assert (listings(emulator), account.client.calls["path"]) == (2, paths)


@pytest.mark.parametrize("age", [60, 61])
def test_a_list_that_is_read_again_is_read_for_all_questions(age: float) -> None:
    """Slots and single tokens are of one list, and it counts from when it was read."""
    emulator = service()
    account, _warnings = open_account(emulator)
    assert account.all_generations() == {}
    emulator.seed_tokens(1, description=encode(MARKER))
    emulator.advance(age)
    found = account.generations(DESIRED.slot)
    assert len(found) == len(account.tokens()) == (1 if age > 60 else 0)
    emulator.advance(60)
    assert len(account.generations(DESIRED.slot)) == len(account.tokens()) == 1
    assert listings(emulator) == 2


def test_tokens_of_runs_are_no_generations() -> None:
    emulator = service()
    of_a_run = replace(MARKER, slot=replace(MARKER.slot, run_only=True))
    emulator.seed_tokens(1, description=encode(of_a_run))
    account, _warnings = open_account(emulator)
    assert account.generations(of_a_run.slot) == account.generations(MARKER.slot) == ()
    assert account.all_generations().keys() == {of_a_run.slot}


def test_a_list_knows_of_a_revocation() -> None:
    """Without being read again."""
    emulator = service()
    account, _warnings = open_account(emulator)
    created = account.create(MARKER, DESIRED)
    account.settle([MARKER])
    [only] = account.generations(DESIRED.slot)
    assert (only.id, account.token(only.id)) == (created.id, account.tokens()[0])
    account.delete(only.id)
    assert (account.generations(DESIRED.slot), account.token(only.id), account.tokens()) == ((), None, ())
    assert listings(emulator) == 1
