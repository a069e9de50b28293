# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run answers: the same keys always, and the secret under one of them only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._account.apply import Outcome
from ansible_collections.ellipsis.drive.plugins.module_utils._account.secret_store import ExternalStore, NewToken
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.desired import Desired, Held
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot
from ansible_collections.ellipsis.drive.plugins.module_utils._model.plan import Plan, plan
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import Generation, ListedToken
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.result import (
    access_of,
    fingerprint,
    listed_token,
    outcome_result,
)

NOW, DAY = 1800000000, 86400
SLOT = Slot("default", "tiles")
ACCESS = (Grant("11111111-1111-4111-8111-111111111111", "view"),)
WIDER = (Grant("11111111-1111-4111-8111-111111111111", "edit"),)
WANTED = Desired(SLOT, ACCESS, lifetime=30 * DAY)
SECRET = "test-secret"


def live(name: str, created: int, desired: Desired = WANTED, reported: Any = None) -> Generation:
    marker = Marker(SLOT, desired.spec, created, 30 * DAY, "aaaaa")
    return Generation(name, marker, created + 30 * DAY, reported)


OLD, NEW = live("old", NOW - DAY), live("new", NOW)


def decided(*generations: Generation, held: Held | None = None, **wanted: Any) -> Plan:
    return plan(replace(WANTED, **wanted), generations, held or Held(), NOW)


def answered(outcome: Outcome, *, returns_secret: bool = True) -> dict[str, Any]:
    return outcome_result(outcome, ExternalStore(), {"list": 2}, returns_secret=returns_secret)


def test_minted() -> None:
    result = answered(Outcome(decided(), NEW, NewToken(NEW, SECRET)))
    assert result.pop("secret") == SECRET
    assert result["access_token"] == {
        "id": "new",
        "description": "tiles",
        "owner": "default",
        "access_list": [{"path_id": ACCESS[0].path_id, "access_tier": "view"}],
        "scope": "all",
        "created_at": "2027-01-15T08:00:00Z",
        "expires_at": "2027-02-14T08:00:00Z",
        "valid_for": "30d",
        "managed": True,
        "fingerprint": fingerprint(SECRET),
    }
    assert (result["changed"], result["reason"], result["renew_at"]) == (True, "create", "2027-02-04T10:24:00Z")
    assert result["api_calls"] == {"list": 2, "create": 0, "delete": 0, "verify": 0, "path": 0}
    assert SECRET not in str(result)
    assert SECRET not in repr(Outcome(decided(), NEW, NewToken(NEW, SECRET)))


@pytest.mark.parametrize(
    ("outcome", "secret"),
    [
        (Outcome(decided()), {"secret": None}),
        (Outcome(decided(NEW), NEW), {}),
        (Outcome(decided(), OLD, lost_race=True), {}),
        (Outcome(decided(NEW, present=False)), {}),
    ],
    ids=["check mode", "there", "lost a race", "absent"],
)
def test_no_secret(outcome: Outcome, secret: dict[str, None]) -> None:
    """Using it must fail where there is none, and check mode must show that there will be one."""
    result = answered(outcome)
    assert {key: value for key, value in result.items() if key == "secret"} == secret
    assert set(answered(Outcome(decided(), NEW, NewToken(NEW, SECRET)))) - set(result) <= {"secret"}
    assert "secret" not in answered(outcome, returns_secret=False)


@pytest.mark.parametrize(
    ("current", "superseded", "retire_at"),
    [(NEW, OLD, "2027-01-15T09:00:00Z"), (OLD, NEW, None)],
    ids=["newest in use", "older one held"],
)
def test_when_a_superseded_one_goes(current: Generation, superseded: Generation, retire_at: str | None) -> None:
    found = decided(OLD, NEW, held=Held(True, current.id))
    [answer] = answered(Outcome(found, current))["superseded"]
    assert answer.pop("created_at")
    assert answer == {"id": superseded.id, "expires_at": answered_expiry(superseded), "retire_at": retire_at}


def answered_expiry(generation: Generation) -> str:
    return "2027-02-14T08:00:00Z" if generation is NEW else "2027-02-13T08:00:00Z"


@pytest.mark.parametrize(
    ("spec", "reported", "access_list", "scope"),
    [
        (WANTED.spec, None, ACCESS, "all"),
        (WANTED.spec, WIDER, ACCESS, "all"),
        (replace(WANTED, access_list=WIDER, scope="ogc").spec, WIDER, WIDER, "ogc"),
        (replace(WANTED, access_list=WIDER).spec, ACCESS, None, None),
        (replace(WANTED, access_list=WIDER).spec, None, None, None),
    ],
)
def test_access_that_a_spec_stands_for(spec: str, reported: Any, access_list: Any, scope: Any) -> None:
    found = access_of(spec, WANTED, reported)
    assert (found.access_list, found.scope) == (access_list, scope)


def test_diff_of_an_access_list_that_the_server_does_not_list() -> None:
    old = live("old", NOW - DAY, replace(WANTED, access_list=WIDER))
    before = answered(Outcome(decided(old)))["diff"]["before"]
    assert before["access_list"] == f"not listed by the server (spec {old.marker.spec})"
    assert before["state"] == "outdated"


def test_listed() -> None:
    foreign = listed_token(ListedToken("1", "copied", None, ACCESS, "ogc", NOW, None))
    assert (foreign["managed"], foreign["owner"], foreign["valid_for"]) == (False, None, None)
    assert (foreign["created_at"], foreign["expires_at"]) == ("2027-01-15T08:00:00Z", None)
    ours = listed_token(ListedToken("1", "…", NEW.marker, None, None, None, NOW + 5))
    assert (ours["description"], ours["managed"], ours["valid_for"]) == ("tiles", True, "30d")
    assert ours["expires_at"] == "2027-01-15T08:00:05Z"
