# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever becomes of a request, there is one token, and its secret is held."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ansible_collections.ellipsis.drive.tests.emulator import VARIANTS, Emulator
from ansible_collections.ellipsis.drive.tests.laws.harness import (
    ROADS,
    TOKENS,
    Controller,
    absent,
    access,
    live_tokens,
    present,
    service,
)
from ansible_collections.ellipsis.drive.tests.laws.once import check_healed, check_lost_answer, check_one

Faults = dict[str, dict[str, Any]]
every_variant = pytest.mark.parametrize("variant", VARIANTS)
# One of each kind of cursor, of creation's answer and of deletion's.
some_variants = pytest.mark.parametrize("variant", ["default", "mix01", "mix02", "mix05"])
PASSING: Faults = {
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    "refused": {"kind": "refused"},
}
PASSING_IF_REPEATABLE: Faults = {
    **PASSING,
    "502": {"kind": "status", "status": 502},
    "503": {"kind": "status", "status": 503, "headers": {"Retry-After": "²"}},
    "504": {"kind": "status", "status": 504},
    "cut before": {"kind": "cut_before"},
    "cut after": {"kind": "cut_after"},
    "truncated": {"kind": "truncate", "at": 1},
}
AMBIGUOUS: Faults = {
    "500": {"kind": "status", "status": 500},
    "500 when done": {"kind": "status", "status": 500, "done": True},
    "503": {"kind": "status", "status": 503},
    "503 when done": {"kind": "status", "status": 503, "done": True},
    "cut before": {"kind": "cut_before"},
    "cut after": {"kind": "cut_after"},
    "truncated": {"kind": "truncate"},
    "garbage": {"kind": "garbage"},
    "garbage when done": {"kind": "garbage", "done": True},
    "html": {"kind": "html"},
    "html when done": {"kind": "html", "done": True},
    "no token in it": {"kind": "garbage", "done": True, "body": "{}"},
    "not an object": {"kind": "garbage", "done": True, "body": "[]"},
    "too slow": {"kind": "slow", "seconds": 100},
    "soon": {"kind": "late_commit", "delay": 0.5},
    "late": {"kind": "late_commit", "delay": 60},
}
LOST: Faults = {
    "500": {"kind": "status", "status": 500},
    "400": {"kind": "status", "status": 400},
    "garbage": {"kind": "garbage"},
    "html": {"kind": "html"},
    "no result": {"kind": "garbage", "body": '{"nextPageStart": null}'},
    "no cursor": {"kind": "garbage", "body": '{"result": []}'},
    "entry without id": {"kind": "garbage", "body": '{"result": [{"description": "x"}], "nextPageStart": null}'},
    "redirect": {"kind": "redirect"},
    "503 for ever": {"kind": "status", "status": 503, "times": None},
    "cut for ever": {"kind": "cut_after", "times": None},
}


@every_variant
@pytest.mark.parametrize("fault", PASSING)
def test_a_post_that_surely_did_nothing_is_sent_again(variant: str, fault: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.emulator.fault(method="POST", **PASSING[fault])
    check_one(controller, controller.run(present()))
    assert len(controller.emulator.tokens) == 1


@every_variant
@pytest.mark.parametrize("holds", [False, True], ids=["untracked", "held_id"])
@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_post_with_an_ambiguous_answer(variant: str, fault: str, holds: bool) -> None:
    check_lost_answer(Controller(service(VARIANTS[variant]), holds=holds), AMBIGUOUS[fault])


@some_variants
@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_no_second_answer_either(variant: str, fault: str) -> None:
    controller = Controller(service(VARIANTS[variant]), holds=True)
    held = controller.run(present())
    controller.emulator.fault(method="POST", times=2, **AMBIGUOUS[fault])
    run = controller.run(present(scope="ogc", overlap="0"))
    assert re.search(r"\(nonce [0-9a-z]{5}\), twice\. Nothing was replaced; run again", str(run.error))
    assert not run.gone and not run.created
    check_one(controller, held)
    check_healed(controller)


@pytest.mark.parametrize("fault", LOST)
def test_an_ambiguous_post_and_no_list_to_look_at(fault: str) -> None:
    controller = Controller(service(), holds=True)
    controller.emulator.fault(method="POST", kind="cut_after")
    controller.emulator.fault(method="GET", path=TOKENS, skip=2, **{"times": 1, **LOST[fault]})
    run = controller.run(present())
    nonce = controller.emulator.tokens[0].description[-6:]
    assert nonce in str(run.error)
    assert "revoke it" in str(run.error)
    assert len(run.sent("POST")) == 1
    check_healed(controller)


@some_variants
@pytest.mark.parametrize("fault", PASSING_IF_REPEATABLE)
@pytest.mark.parametrize("page", [0, 2])
def test_a_page_that_comes_at_the_second_try(variant: str, fault: str, page: int) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.emulator.seed_tokens(70)
    controller.emulator.fault(method="GET", skip=page, **PASSING_IF_REPEATABLE[fault])
    check_one(controller, controller.run(present()))
    assert len(controller.emulator.tokens) == 71


@some_variants
@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("task", [present(scope="ogc", overlap="0"), absent()], ids=["present", "absent"])
def test_a_page_that_does_not_come(variant: str, fault: str, task: dict[str, Any]) -> None:
    """Without the third page nothing is written."""
    controller = Controller(service(VARIANTS[variant]))
    held = controller.run(present())
    controller.emulator.seed_tokens(70)
    controller.emulator.fault(method="GET", skip=2, **LOST[fault])
    run = controller.run(task)
    assert run.error is not None
    assert {entry.method for entry in run.requests} == {"GET"}
    controller.emulator.clear_faults()
    check_one(controller, held)


@every_variant
def test_a_page_that_comes_again(variant: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.emulator.seed_tokens(70)
    controller.emulator.fault(kind="repeat_cursor", method="GET", times=None)
    run = controller.run(present())
    assert "repeats a page; nothing was changed" in str(run.error)
    assert not run.sent("POST")
    assert len(run.requests) <= 3


@some_variants
@pytest.mark.parametrize("fault", PASSING_IF_REPEATABLE)
def test_a_delete_that_comes_at_the_second_try(variant: str, fault: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.run(present())
    controller.emulator.fault(method="DELETE", **PASSING_IF_REPEATABLE[fault])
    check_one(controller, controller.run(present(scope="ogc", overlap="0")))


@every_variant
@pytest.mark.parametrize("kind", ["status", "cut_after", "refused"])
def test_a_retirement_that_fails_does_not_cost_the_new_secret(variant: str, kind: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.run(present())
    controller.emulator.fault(method="DELETE", kind=kind, status=500, times=None)
    run = controller.run(present(scope="ogc", overlap="0"))
    check_one(controller, run, others=0 if kind == "cut_after" else 1)
    assert any("the next run" in warning for warning in run.warnings)
    controller.emulator.clear_faults()
    check_one(controller, controller.run(present(scope="ogc", overlap="0")))


@every_variant
def test_a_removal_that_fails_is_finished_by_the_next_run(variant: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.run(present())
    controller.run(present(scope="ogc"))
    controller.emulator.fault(method="DELETE", kind="status", status=500, skip=1)
    assert "500" in str(controller.run(absent()).error)
    run = controller.run(absent())
    assert (run.error, run.after) == (None, {})


@every_variant
@pytest.mark.parametrize("fault", LOST)
def test_a_list_that_fails_after_the_post(variant: str, fault: str) -> None:
    """The new token is not announced, so it may not stay; where its id is unknown, the error says how to find it."""
    controller = Controller(service(VARIANTS[variant]), holds=True)
    held = controller.run(present())
    controller.emulator.fault(method="GET", path=TOKENS, skip=2, **LOST[fault])
    run = controller.run(present(scope="ogc", overlap="0"))
    assert run.error is not None
    assert not run.gone
    controller.emulator.clear_faults()
    if VARIANTS[variant].create_id:
        assert not run.created
        check_one(controller, held)
    else:
        assert controller.emulator.tokens[-1].description[-6:] in str(run.error)
        assert "revoke it" in str(run.error)
    check_healed(controller)


@every_variant
@pytest.mark.parametrize("lag", [3, 12])
def test_a_list_that_lags(variant: str, lag: int) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.emulator.set_policy(list_lag=lag)
    check_one(controller, controller.run(present()))
    check_one(controller, controller.run(present()))
    assert len(controller.emulator.tokens) == 1


@every_variant
def test_a_list_that_lags_for_long(variant: str) -> None:
    controller = Controller(service(VARIANTS[variant]))
    controller.emulator.set_policy(list_lag=600)
    run = controller.run(present())
    token = controller.emulator.tokens[0]
    if VARIANTS[variant].create_id:
        check_one(controller, run)
        assert token.id in "".join(run.warnings)
    else:
        assert token.description[-6:] in str(run.error)


ALTERATIONS: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "one space": lambda text: re.sub(" +", " ", text),
    "cut": lambda text: text[:60],
    "suffix": lambda text: text + " (1)",
    "decomposed": lambda text: text.replace("é", "e\u0301"),
    "without accents": lambda text: text.replace("é", "e"),
}
ODD = "Tiles  of the é" + "x" * 30


@every_variant
@pytest.mark.parametrize("altered", ALTERATIONS)
def test_a_service_that_alters_descriptions(variant: str, altered: str) -> None:
    """A token that the next run could not recognise must not stay, or every run would make another one."""
    controller = Controller(service(VARIANTS[variant]))
    alter_descriptions(controller, altered)
    run = controller.run(present(description=ODD))
    assert run.error is not None
    assert "secret" not in run.result
    if VARIANTS[variant].create_id or altered not in ("cut", "suffix", "decomposed"):
        assert "another description" in str(run.error)
        assert not live_tokens(controller.emulator)
    else:
        assert "revoke it" in str(run.error)


def alter_descriptions(controller: Controller, how: str) -> None:
    """Make the service keep other descriptions than it is given."""

    def hook(request: requests.PreparedRequest) -> None:
        if request.method == "POST" and request.body:
            body = json.loads(request.body)
            request.body = json.dumps({**body, "description": ALTERATIONS[how](body["description"])}).encode()

    controller.hook = hook


@every_variant
def test_older_spelling_of_tiers(variant: str) -> None:
    """Servers that refuse one spelling get the other one, and never two tokens."""
    controller = Controller(service(VARIANTS[variant]))
    check_one(controller, controller.run(present(access_list=[access(tier="viewPlus")])))
    assert controller.emulator.tokens[0].grants[0].tier == "viewPlus"
    assert len(controller.emulator.tokens) == 1


def test_a_refusal_is_told_once_and_nothing_is_replaced() -> None:
    controller = Controller(service())
    held = controller.run(present())
    controller.emulator.set_policy(permanent_allowed=False)
    run = controller.run(present(valid_for="never", access_list=[access(tier="viewPlus")], overlap="0"))
    assert "400: Permanent access tokens are not allowed on this instance." in str(run.error)
    check_one(controller, held)


def test_the_journal_knows_every_post() -> None:
    """What the tests above count is counted right."""
    emulator: Emulator = service()
    Controller(emulator).run(present())
    assert [(each.method, each.path) for each in emulator.journal] == [
        ("GET", TOKENS),
        ("GET", TOKENS),
        ("GET", f"/v3/path/{ROADS}"),
        ("POST", TOKENS),
        ("GET", TOKENS),
    ]
