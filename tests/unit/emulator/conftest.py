# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import Emulator, ManualClock
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import Caller


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(clock=ManualClock())


@pytest.fixture
def call(emulator: Emulator) -> Caller:
    return Caller(emulator)
