# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task in one world, run every way that the laws speak of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import Plan
from ansible_collections.ellipsis.drive.tests.emulator import Emulator, Variant
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, Options, Run, service


@dataclass
class World:
    """A service, the controller whose task it is, and the tokens that are none of its business."""

    emulator: Emulator
    controller: Controller
    seeded: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    @property
    def foreign(self) -> set[str]:
        """The ids of all tokens that are none of the controller's business."""
        return self.seeded | self.others

    def seed(self, count: int, description: str, **fields: Any) -> None:
        """Tokens that somebody made elsewhere."""
        self.seeded.update(self.emulator.seed_tokens(count, description=description, **fields))

    def run_as_other(self, options: Options) -> None:
        """Another slot's task: what it makes is foreign to ours."""
        run = Controller(self.emulator).run(options)
        self.others = (self.others | run.created) - run.gone


Step = Callable[[World], None]


@dataclass(frozen=True)
class Row:
    """A world, by what happened in it so far, and the task that is run in it."""

    name: str
    history: tuple[Step, ...]
    task: Options


@dataclass(frozen=True)
class Trial:
    """The task was predicted (check mode), applied, read back, applied again, and again with every list turned round."""

    world: World
    task: Options
    predicted: Run
    applied: Run
    read: Plan | None
    again: Run
    turned: Run


def make(row: Row, variant: Variant | None = None, *, holds: bool = False, alone: bool = False) -> Trial:
    """Try a row."""
    emulator = service(variant)
    world = World(emulator, Controller(emulator, holds=holds, alone=alone))
    for step in row.history:
        step(world)
    controller, task = world.controller, row.task
    predicted = controller.run(task, apply=False)
    applied = controller.run(task)
    read = None if applied.error or "token_id" in task else controller.read(task)
    return Trial(world, task, predicted, applied, read, controller.run(task), controller.run(turned_round(task)))


def turned_round(value: Any) -> Any:
    """The same with every list in the opposite order."""
    if isinstance(value, dict):
        return {key: turned_round(item) for key, item in reversed(value.items())}
    return [turned_round(item) for item in reversed(value)] if isinstance(value, list) else copy.copy(value)


def ran(options: Options) -> Step:
    """Our own task ran before."""

    def step(world: World) -> None:
        run = world.controller.run(options)
        assert run.error is None, run.error

    return step


def other(options: Options) -> Step:
    """A task for another slot ran before."""
    return lambda world: world.run_as_other(options)


def passed(seconds: float) -> Step:
    """Time went by."""
    return lambda world: world.emulator.advance(seconds)


def seeded(count: int, description: str, **fields: Any) -> Step:
    """Tokens that somebody made elsewhere."""
    return lambda world: world.seed(count, description, **fields)


def policy(**fields: Any) -> Step:
    """The service has other rules."""
    return lambda world: world.emulator.set_policy(**fields)


def lost_secret(world: World) -> None:
    """Whoever held the secret holds it no more."""
    world.controller.held_id = ""
