# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time as the emulator sees it."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""

    def advance(self, seconds: float) -> None:
        """Moves on at once."""

    def sleep(self, seconds: float) -> None:
        """Moves on as time does."""


class ManualClock:
    """Stands still until told otherwise; its sleep costs no time."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class SystemClock:
    """The clock of this machine, shifted by `offset` seconds."""

    def __init__(self, offset: float = 0.0) -> None:
        self._offset = offset

    def now(self) -> float:
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def http_date(epoch: float) -> str:
    return formatdate(epoch, usegmt=True)
