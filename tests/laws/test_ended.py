# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Law 9: a task that is ended at any of its steps leaves no token whose secret nobody has, and no secret of a dead one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account import apply as _apply
from ansible_collections.ellipsis.drive.plugins.module_utils._account.account import Account
from ansible_collections.ellipsis.drive.plugins.module_utils._account.revocations import Revocations
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_tokens as _access_tokens
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.handover import Ended
from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS, Emulator, ManualClock, Variant
from ansible_collections.ellipsis.drive.tests.laws.harness import Options, access, live_tokens
from ansible_collections.ellipsis.drive.tests.laws.laboratory import DESCRIPTION, Interruptions, Keeping, Report

TASK: Options = {"description": DESCRIPTION, "access_list": [access()], "valid_for": "30d", "overlap": "1h"}
ABSENT: Options = {"description": DESCRIPTION, "state": "absent"}
REPLACEMENT: Options = {**TASK, "regenerate": "always"}
# Before the task that is ended, and that task.
ROWS: dict[str, tuple[tuple[Options, ...], Options]] = {
    "first": ((), TASK),
    "replacement": ((TASK,), REPLACEMENT),
    "replacement without overlap": ((TASK,), {**REPLACEMENT, "overlap": "0"}),
    "replacement that retires": ((TASK, REPLACEMENT), {**REPLACEMENT, "overlap": "0"}),
    "absent": ((TASK, REPLACEMENT), ABSENT),
}
NAMES = ("one", "two", "three")
SET: Options = {
    "owner": "team",
    "tokens": [{"description": name} for name in NAMES],
    "defaults": {"access_list": [access()], "valid_for": "30d", "overlap": "0", "verify": "basic"},
}
SET_ROWS: dict[str, tuple[tuple[Options, ...], Options]] = {
    "first": ((), SET),
    "replacement": ((SET,), {**SET, "defaults": {**SET["defaults"], "regenerate": "always"}}),
    "prune": ((SET,), {**SET, "tokens": SET["tokens"][:1], "prune": True, "prune_min_age": "0", "prune_limit": "100%"}),
}
# One of each kind of cursor, of creation's answer (with and without an id) and of deletion's.
SOME = ("default", "mix01", "mix02", "mix05")
MOST_MOMENTS = 40


@dataclass
class World:
    """A controller whose task is ended. known: the secrets that its user was given or finds in the store, by id."""

    emulator: Emulator
    controller: Keeping
    known: dict[str, str]

    def run(self, task: Options, interruptions: Interruptions | None = None) -> Report:
        module = _access_tokens if "tokens" in task else _access_token
        report = self.controller.execute(task, interruptions, module)
        self.known.update(self.controller.secrets())
        result = report.result or {}
        self.known.update(
            (result["access_tokens"][name]["id"], secret) for name, secret in result.get("secrets", {}).items()
        )
        return report


def end() -> None:
    raise Ended("SIGTERM")


def worlds(variant: Variant, mode: str, folder: Path, before: tuple[Options, ...]) -> Iterator[World]:
    """The same world again and again, for one moment each."""
    for number in range(MOST_MOMENTS):
        emulator = Emulator(variant, ManualClock())
        place = folder / str(number) if mode == "store" else None
        if place:
            place.mkdir()
        controller = Keeping(emulator, place / "tokens.yml" if place else None)
        controller.holds = mode == "held_id"
        world = World(emulator, controller, {})
        for task in before:
            assert world.run(task).error is None
        yield world
    raise AssertionError("the task never came to its end")


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize(
    ("name", "mode"), [*((name, "store") for name in SOME), *itertools.product(SOME[:2], ["held_id", "untracked"])]
)
def test_an_ended_task_leaves_nothing(name: str, mode: str, row: str, tmp_path: Path) -> None:
    before, task = ROWS[row]
    for moment, world in enumerate(worlds(VARIANTS[name], mode, tmp_path, before)):
        report = world.run(task, Interruptions(moment, end))
        if report.result is not None:
            assert moment > 3
            return
        assert report.error is None, report.error
        check_known(world)
        check_goes_on(world, task)


@pytest.mark.parametrize("row", SET_ROWS)
@pytest.mark.parametrize("mode", ["store", "untracked"])
@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("name", SOME[:2])
def test_an_ended_set_leaves_nothing(name: str, concurrency: int, mode: str, row: str, tmp_path: Path) -> None:
    before, task = SET_ROWS[row]
    for moment, world in enumerate(worlds(VARIANTS[name], mode, tmp_path, before)):
        report = world.run({**task, "concurrency": concurrency}, Interruptions(moment, end))
        if report.result is not None:
            assert moment > 3
            return
        assert report.error is None, report.error
        check_known(world)
        check_goes_on(world, {**task, "defaults": SET["defaults"]})


def check_known(world: World) -> None:
    """The law."""
    live = {token.id: token.secret for token in live_tokens(world.emulator).values()}
    assert {each: world.known.get(each) for each in live} == live, "a live token whose secret nobody has"
    assert world.controller.stored().items() <= live.items(), "the store has the secret of a token that is no more"


def check_goes_on(world: World, task: Options) -> None:
    """The next run needs no help."""
    again = {name: value for name, value in task.items() if name != "regenerate"}
    report = world.run(again)
    assert report.error is None, report.error
    check_known(world)
    live = live_tokens(world.emulator)
    if task is ABSENT:
        assert not live
    elif "tokens" in task:
        assert report.result and {each["id"] for each in report.result["access_tokens"].values()} == set(live)
    else:
        assert report.result and report.result["access_token"]["id"] in live
        assert len(live) <= 3


def nothing_taken_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Account, "take_back", lambda _self: None)


def known_by_answer_only(patch: pytest.MonkeyPatch) -> None:
    refresh = Account.refresh

    def forgetful(self: Account) -> Any:
        self._unsaved = {marker: known for marker, known in self._unsaved.items() if known}
        return refresh(self)

    patch.setattr(Account, "refresh", forgetful)


def store_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Revocations, "__exit__", lambda _self, *_details: None)


def store_not_put_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_apply.Batch, "_put_back_when_ended", lambda _self, _new: nullcontext())


BUGS: tuple[tuple[Callable[[pytest.MonkeyPatch], None], str], ...] = (
    (nothing_taken_back, "first"),
    (known_by_answer_only, "first"),
    (store_not_told, "absent"),
    (store_not_put_back, "replacement"),
)


@pytest.mark.parametrize(("bug", "row"), BUGS, ids=lambda value: getattr(value, "__name__", value))
def test_these_tests_find_it(
    bug: Callable[[pytest.MonkeyPatch], None], row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    with pytest.raises(AssertionError, match=r"the secret of|whose secret nobody has"):
        test_an_ended_task_leaves_nothing("default", "store", row, tmp_path)
