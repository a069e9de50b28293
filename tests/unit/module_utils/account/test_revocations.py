# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store hears of revocations, however they end."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.revocations import Revocations
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.handover import Ended
from ansible_collections.ellipsis.drive.tests.emulator import Emulator
from ansible_collections.ellipsis.drive.tests.laws.harness import TOKENS, Controller, listings, live_tokens, service


@dataclass(frozen=True)
class Listening(ExternalStore):
    """Notes what it is told. errors: what the next times fail with."""

    errors: list[BaseException] = field(default_factory=list)
    told: list[set[str]] = field(default_factory=list)

    def revoked(self, token_ids: Collection[str]) -> None:
        self.told.append(set(token_ids))
        if self.errors:
            raise self.errors.pop(0)


class World:
    """Three tokens and a store."""

    def __init__(self, *errors: BaseException) -> None:
        self.emulator: Emulator = service()
        self.ids = self.emulator.seed_tokens(3)
        self.controller = Controller(self.emulator)
        self.store = Listening(errors=list(errors))
        self.revocations = Revocations(self.controller.account(pytest.fail), self.store)

    def end_at(self, moment: str) -> None:
        """End the task before or after the second revocation arrives."""
        revoked: list[str] = []

        def hook(request: Any) -> None:
            if request.method != "DELETE":
                return
            revoked.append(request.url.rpartition("/")[2])
            if len(revoked) == 2:
                if moment == "after":
                    Controller(self.emulator).account(pytest.fail).client.delete_token(revoked[1])
                raise Ended("SIGTERM")

        self.controller.hook = hook

    def revoke_all(self) -> None:
        with self.revocations as revocations:
            for token_id in self.ids:
                revocations.revoke(token_id)


def test_all_at_once_at_the_end() -> None:
    world = World()
    with world.revocations as revocations:
        for token_id in world.ids[:2]:
            revocations.revoke(token_id)
        assert not world.store.told
    assert (world.store.told, listings(world.emulator)) == ([set(world.ids[:2])], 0)
    assert set(live_tokens(world.emulator)) == {world.ids[2]}


def test_nothing_is_told_of_nothing() -> None:
    world = World()
    with world.revocations:
        pass
    assert world.store.told == []


@pytest.mark.parametrize(
    "error", [EllipsisError("x"), ValueError("x"), Ended("x")], ids=lambda error: type(error).__name__
)
def test_what_was_revoked_before_an_error_is_told(error: BaseException) -> None:
    """Nothing is in doubt, so nothing is looked for."""
    world = World()
    with contextlib.suppress(type(error)), world.revocations as revocations:
        revocations.revoke(world.ids[0])
        raise error
    assert (world.store.told, listings(world.emulator)) == ([{world.ids[0]}], 0)


@pytest.mark.parametrize(("moment", "gone"), [("before", 1), ("after", 2)])
def test_the_list_tells_whether_a_revocation_that_was_ended_has_arrived(moment: str, gone: int) -> None:
    world = World()
    world.end_at(moment)
    with pytest.raises(Ended):
        world.revoke_all()
    assert world.store.told == [set(world.ids[:gone])]
    assert listings(world.emulator) == 1


def test_without_a_list_only_what_is_known_is_told() -> None:
    world = World()
    world.end_at("after")
    world.emulator.fault(kind="status", status=400, method="GET", path=TOKENS, times=None)
    with pytest.raises(Ended):
        world.revoke_all()
    assert world.store.told == [{world.ids[0]}]


def test_a_revocation_that_fails_is_not_told_and_not_looked_for() -> None:
    world = World()
    world.emulator.fault(kind="status", status=500, method="DELETE", skip=1)
    with pytest.raises(EllipsisError, match="answered 500"):
        world.revoke_all()
    assert (world.store.told, listings(world.emulator)) == ([{world.ids[0]}], 0)


@pytest.mark.parametrize(("error", "times"), [(Ended("x"), 2), (KeyboardInterrupt(), 2), (EllipsisError("x"), 1)])
def test_a_store_that_was_ended_is_told_again(error: BaseException, times: int) -> None:
    """One that fails is not."""
    world = World(error)
    with pytest.raises(type(error)), world.revocations as revocations:
        revocations.revoke(world.ids[0])
    assert world.store.told == [{world.ids[0]}] * times
