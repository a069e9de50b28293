# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens that belong to one run each: no run has to do with those of another, and lasting ones of the same name stay alone."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.ellipsis.drive.plugins.module_utils._model.prune import Rules, decide
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token as _access_token
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.task_context import Context
from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS
from ansible_collections.ellipsis.drive.tests.laws.harness import Controller, absent, live_tokens, present, service


def make(controller: Controller) -> dict[str, Any]:
    """What a run makes for itself."""
    context = Context(controller.account(lambda _text: None), True)
    return _access_token.run_only(controller.parameters(present(valid_for="1h")), context)


@pytest.mark.parametrize("moment", range(1, 5))
def test_two_runs_at_once_each_have_their_own(moment: int) -> None:
    """Whenever the second one comes between the requests of the first, neither waits, fails or loses its token."""
    emulator = service()
    first, second = Controller(emulator), Controller(emulator)
    made: list[dict[str, Any]] = []
    count = 0

    def hook(_request: requests.PreparedRequest) -> None:
        nonlocal count
        count += 1
        if count == moment:
            made.append(make(second))

    first.hook = hook
    start = emulator.clock.now()
    made.append(make(first))
    made.append(make(second))
    assert emulator.clock.now() == start, "nobody waited"
    live = live_tokens(emulator)
    assert {each["access_token"]["id"]: each["secret"] for each in made} == {
        token.id: token.secret for token in live.values()
    }
    assert all(each["reason"] == "create" for each in made)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_lasting_token_of_the_same_name_is_another_one(variant: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    of_a_run = make(controller)["access_token"]["id"]
    lasting = controller.run(present())
    assert lasting.result["reason"] == "create"
    assert controller.run(present()).result["reason"] == "none"
    make(controller)
    assert controller.run(present()).result["reason"] == "none"
    assert controller.run(absent()).gone == {lasting.result["access_token"]["id"]}
    assert of_a_run in live_tokens(controller.emulator)


def test_what_belongs_to_a_run_is_not_pruned() -> None:
    controller = Controller(service())
    make(controller)
    live = controller.account(lambda _text: None).all_generations()
    rules = Rules(limit=None, min_age=0, protect=(), overlap=0)
    assert len(live) == 1 and decide(set(), live, "default", rules, controller.emulator.clock.now() + 60) == ()


@pytest.mark.parametrize("kind", ["cut_after", "status"])
def test_a_lost_answer_leaves_no_second_one(kind: str) -> None:
    controller = Controller(service())
    controller.emulator.fault(method="POST", kind=kind, status=502)
    made = make(controller)
    assert list(live_tokens(controller.emulator)) == [made["access_token"]["id"]]
