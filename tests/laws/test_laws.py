# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every law, in every world, on every variant of the service."""

from __future__ import annotations

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS
from ansible_collections.ellipsis.drive.tests.laws.laws import LAWS
from ansible_collections.ellipsis.drive.tests.laws.rows import ROWS
from ansible_collections.ellipsis.drive.tests.laws.trial import Row, make


@pytest.mark.parametrize("holds", [False, True], ids=["untracked", "held_id"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("variant", VARIANTS)
def test_law(row: Row, variant: str, holds: bool) -> None:
    trial = make(row, VARIANTS[variant], holds=holds)
    for law in LAWS:
        law(trial)
