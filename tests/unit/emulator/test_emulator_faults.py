# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults and policies happen when and as often as asked, and only what should be done is done."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import (
    PASSWORD,
    USER,
    ConnectionCut,
    ConnectionNeverMade,
    Emulator,
    Fault,
    Policy,
)
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import ROADS, TOKENS, Caller, read, wish


def test_an_unknown_kind_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="cut_before"):
        Fault(kind="explosion")


def test_when_and_how_often(call: Caller, emulator: Emulator) -> None:
    emulator.fault(kind="status", method="GET", path="accessToken$", skip=1, times=2)
    assert [call("GET", TOKENS).status for _time in range(5)] == [200, 503, 503, 200, 200]
    emulator.fault(kind="status", method="GET", path="accessToken$", times=None, status=429)
    assert call("GET", f"/path/{ROADS}").status == 200
    assert call.create().status == 200
    assert [call("GET", TOKENS).status for _time in range(3)] == [429] * 3
    emulator.clear_faults()
    assert call("GET", TOKENS).status == 200


def test_faults_wait_for_each_other(call: Caller, emulator: Emulator) -> None:
    emulator.fault(kind="status", status=502)
    emulator.fault(kind="status", status=504, skip=1)
    assert [call("GET", TOKENS).status for _time in range(3)] == [502, 504, 200]


@pytest.mark.parametrize(
    ("fields", "status", "made"),
    [
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "7"}}, 429, 0),
        ({"kind": "status", "status": 502, "done": True}, 502, 1),
        ({"kind": "garbage"}, 200, 0),
        ({"kind": "garbage", "done": True}, 200, 1),
        ({"kind": "html"}, 200, 0),
        ({"kind": "redirect"}, 302, 0),
        ({"kind": "redirect", "status": 307, "done": True}, 307, 0),
        ({"kind": "slow", "seconds": 9}, 200, 1),
        ({"kind": "truncate"}, 200, 1),
        ({"kind": "cut_before"}, None, 0),
        ({"kind": "refused"}, None, 0),
        ({"kind": "cut_after"}, None, 1),
        ({"kind": "late_commit"}, None, 0),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
def test_what_is_answered_and_what_is_done(
    call: Caller, emulator: Emulator, fields: dict[str, Any], status: int | None, made: int
) -> None:
    emulator.fault(**fields)
    if status is None:
        with pytest.raises(ConnectionCut):
            call.create()
    else:
        response = call.create()
        assert response.status == status
        assert set(fields.get("headers", {})) <= set(response.headers)
    assert len(emulator.tokens) == made


def test_the_journal_tells_cut_from_answered_and_forgets_what_never_came(call: Caller, emulator: Emulator) -> None:
    for kind, error in (("cut_before", ConnectionCut), ("cut_after", ConnectionCut), ("refused", ConnectionNeverMade)):
        emulator.fault(kind=kind)
        with pytest.raises(error):
            call.create()
    call.create()
    assert [(entry.method, entry.status) for entry in emulator.journal] == [
        ("POST", None),
        ("POST", None),
        ("POST", 200),
    ]


def test_a_late_commit_takes_effect_at_its_time(call: Caller, emulator: Emulator) -> None:
    start = emulator.clock.now()
    emulator.fault(kind="late_commit", method="POST", delay=90)
    with pytest.raises(ConnectionCut):
        call.create()
    emulator.advance(89)
    assert call.listed() == []
    emulator.advance(11)
    assert len(call.listed()) == 1
    assert [token.created for token in emulator.tokens] == [start + 90]


def test_bent_lists(call: Caller, emulator: Emulator) -> None:
    ids = emulator.seed_tokens(70)[::-1]
    emulator.fault(kind="drop_entry", index=2)
    assert [token["id"] for token in read(call("GET", TOKENS))["result"]] == ids[:2] + ids[3:30]
    start = read(call("GET", TOKENS))["nextPageStart"]
    emulator.fault(kind="repeat_cursor")
    assert read(call("GET", TOKENS, query={"pageStart": start}))["nextPageStart"] == start
    emulator.fault(kind="status", skip=1)
    assert call("GET", TOKENS).status == 200
    assert call("GET", TOKENS, query={"pageStart": start}).status == 503


@pytest.mark.parametrize(
    ("policy", "valid_for", "lifetime"),
    [
        (Policy(permanent_allowed=False), None, "refused"),
        (Policy(permanent_allowed=False), 60, 60),
        (Policy(max_lifetime=60), 61, "refused"),
        (Policy(max_lifetime=60), None, "refused"),
        (Policy(max_lifetime=60), 60, 60),
        (Policy(max_lifetime=60, shortens=True), 61, 60),
        (Policy(max_lifetime=60, shortens=True), None, 60),
    ],
)
def test_lifetimes(call: Caller, emulator: Emulator, policy: Policy, valid_for: int | None, lifetime: Any) -> None:
    emulator.policy = policy
    fields: dict[str, Any] = {} if valid_for is None else {"validFor": valid_for}
    response = call.create(**fields)
    if lifetime == "refused":
        assert (response.status, emulator.tokens) == (400, [])
    else:
        (token,) = emulator.tokens
        assert token.expires == token.created + lifetime


def test_delays(call: Caller, emulator: Emulator) -> None:
    emulator.set_policy(replication_delay=5, list_lag=7, revocation_delay=3)
    secret = call.secret()

    def seen() -> tuple[int, int]:
        return call("GET", f"/path/{ROADS}", token=secret).status, len(call.listed())

    found = [seen()]
    for seconds in (5, 2):
        emulator.advance(seconds)
        found.append(seen())
    call("DELETE", f"{TOKENS}/{emulator.tokens[0].id}")
    found.append(seen())
    emulator.advance(3)
    found.append(seen())
    assert found == [(401, 0), (200, 0), (200, 1), (200, 0), (401, 0)]


def test_other_policies(call: Caller, emulator: Emulator) -> None:
    emulator.set_policy(granted_tier="edit", date_skew=3600, two_factor=True)
    secret = call.secret(**wish(tier="view"))
    response = call("GET", f"/path/{ROADS}", token=secret)
    assert read(response)["yourAccess"]["accessTier"] == "edit"
    assert parsedate_to_datetime(response.headers["Date"]).timestamp() == emulator.clock.now() + 3600
    login = call("POST", "/account/login", {"username": USER, "password": PASSWORD}, token=None)
    assert (login.status, b"Two factor" in login.body) == (400, True)
    emulator.reset()
    assert (emulator.policy, emulator.tokens, emulator.journal) == (Policy(), [], [])
