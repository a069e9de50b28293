# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks of one run tell each other: a declaration holds until it can't be brought about."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.run_memory import NoMemory, declared
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Slot

OLD, NEW = Slot("default", "tiles"), Slot("default", "roads")
WANTED = (Desired(NEW, (), replaces=(OLD, "9c0f2d2e-0000-4000-8000-000000000001")),)


class Noted(NoMemory):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[Slot]]] = []

    def declare(self, wanted: Sequence[Desired]) -> None:
        self.calls.append(("declare", [each.slot for each in wanted]))

    def withdraw(self, slots: Collection[Slot]) -> None:
        self.calls.append(("withdraw", list(slots)))


def test_what_is_brought_about_stays_declared() -> None:
    memory = Noted()
    with declared(memory, WANTED):
        assert memory.calls == [("declare", [NEW])]
    assert memory.calls == [("declare", [NEW])]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_or_is_ended_is_withdrawn(error: type[BaseException]) -> None:
    """With what it would have replaced."""
    memory = Noted()
    with pytest.raises(error), declared(memory, WANTED):
        raise error
    assert memory.calls == [("declare", [NEW]), ("withdraw", [NEW, OLD])]
