# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Never a twin, as checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.ellipsis.drive.tests.laws.harness import HOUR, Controller, Run, live_tokens, present
from ansible_collections.ellipsis.drive.tests.laws.laws import check_nothing_shown, generations


def check_one(controller: Controller, run: Run, others: int = 0) -> None:
    """A run went well: one token and so many superseded ones live, and its secret is the newest one's."""
    assert run.error is None, run.error
    there = generations(live_tokens(controller.emulator).values(), "tiles")
    assert len(there) == 1 + others
    assert run.result["access_token"]["id"] == there[-1].id
    assert controller.secret == there[-1].secret
    check_nothing_shown(controller)


def check_healed(controller: Controller) -> None:
    """After the overlap one more run leaves exactly one token, and its secret is held."""
    controller.emulator.clear_faults()
    controller.emulator.advance(2 * HOUR)
    check_one(controller, controller.run(present(overlap="0")))


def check_lost_answer(controller: Controller, fault: Mapping[str, Any]) -> None:
    """A creation whose answer is lost leaves one token in the end, and no body was sent twice."""
    controller.emulator.fault(method="POST", **fault)
    check_one(controller, controller.run(present()))
    bodies = [json.dumps(entry.body) for entry in controller.emulator.journal if entry.method == "POST"]
    assert len(bodies) == len(set(bodies)) <= 2
    assert sum(token.revoked_at is None for token in controller.emulator.tokens) == 1
    check_healed(controller)
