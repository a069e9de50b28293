# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run of Ansible know of each other: who declared which slot, and which tokens were replaced."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from .._model.desired import Desired
from .._model.marker import Slot
from .secret_store import NewToken


@dataclass(frozen=True)
class Made:
    """The token that this run made in place of another one."""

    id: str
    secret: str = field(repr=False)


class RunMemory(t.Protocol):
    """Shared by all processes of a run."""

    def declare(self, wanted: t.Sequence[Desired]) -> None:
        """Refused when another task, item or host of this run wants other tokens for one of these slots."""

    def withdraw(self, slots: t.Collection[Slot]) -> None:
        """These could not be brought about, so that another task may want something else."""

    def made(self, slot: Slot) -> Made | None:
        """What this run made for a slot."""

    def remember(self, new: t.Iterable[NewToken]) -> None:
        """This run has made these."""


class NoMemory:
    """For a module on another host, which has no part in the run on the controller."""

    def declare(self, wanted: t.Sequence[Desired]) -> None:
        """Nobody else is known."""

    def withdraw(self, slots: t.Collection[Slot]) -> None:
        """Nothing was noted."""

    def made(self, slot: Slot) -> Made | None:
        """Nothing is known."""

    def remember(self, new: t.Iterable[NewToken]) -> None:
        """There is nowhere to note it."""


NO_MEMORY = NoMemory()


@contextlib.contextmanager
def declared(memory: RunMemory, wanted: t.Sequence[Desired]) -> t.Iterator[None]:
    """While these slots are brought to what is wanted."""
    memory.declare(wanted)
    try:
        yield
    except BaseException:
        memory.withdraw([slot for desired in wanted for slot in (desired.slot, *desired.replaced_slots)])
        raise
