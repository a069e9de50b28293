# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role access_tokens decides, as tables."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.host_files import newest, telling, told
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout import (
    NOT_YET,
    confirmed,
    declared,
    deliveries,
    failure,
    gathered,
    kept,
    rollout,
    to_mint,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout_end import (
    Host,
    retirement,
    verdict,
)

Values = dict[str, Any]
SLOT: Values = {"description": "tiles", "valid_for": "90d", "overlap": "1h"}
OLD: Values = {"id": "old", "secret": "secret-1", "created_at": "2026-01-01T00:00:00Z", "expires_at": ""}
NEW: Values = {"id": "new", "secret": "secret-2", "created_at": "2026-02-01T00:00:00Z", "expires_at": ""}
ROTATED: Values = {"tiles": {"current": NEW, "earlier": OLD, "created": True}}
UNCHANGED: Values = {"tiles": {"current": NEW, "earlier": None, "created": False}}


def minted(current: Values | None = None, **more: Any) -> Values:
    """What ellipsis_access_tokens answers about one slot."""
    public = {name: value for name, value in (current or NEW).items() if name != "secret"}
    return {
        "access_tokens": {"tiles": {**public, "superseded": more.pop("superseded", [])}},
        "secrets": {},
        "superseded_secrets": {},
        "created": [],
        "failures": {},
        **more,
    }


def test_a_slot_has_what_holds_for_all() -> None:
    assert declared([SLOT, {"description": "b", "scope": "all"}], {"scope": "ogc"}, "2h") == [
        {**SLOT, "scope": "ogc"},
        {"description": "b", "scope": "all", "overlap": "2h"},
    ]
    with pytest.raises(OptionError, match="'tiles' is there twice"):
        declared([SLOT, SLOT], {}, "1h")


def host(*slots: Values, settings: str = "same") -> Values:
    return {"slots": list(slots), "settings": [settings]}


def test_hosts_share_a_slot_that_they_declare_alike() -> None:
    own = {**SLOT, "description": "own", "deliver": [{"dest": "/b"}]}
    shared = [host({**SLOT, "deliver": [{"dest": f"/{name}"}]}) for name in "ab"]
    assert gathered({"alpha": shared[0], "beta": host(*shared[1]["slots"], own)}) == [
        SLOT,
        {**SLOT, "description": "own"},
    ]
    assert gathered({}) == []


@pytest.mark.parametrize(
    ("beta", "words"),
    [
        (host({**SLOT, "valid_for": "1d"}), "alpha and beta declare 'tiles' with different 'valid_for'"),
        (host({**SLOT, "scope": "ogc"}), "different 'scope'"),
        (host(SLOT, settings="other"), "alpha and beta differ in access_tokens_owner"),
    ],
)
def test_hosts_that_disagree(beta: Values, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        gathered({"alpha": host(SLOT), "beta": beta})


@pytest.mark.parametrize(
    ("slot", "in_store", "more"),
    [
        (SLOT, True, {"overlap": "90d"}),
        (SLOT, False, {"overlap": "90d", "held_id": "old"}),
        ({**SLOT, "description": "b"}, False, {"overlap": "90d", "held_id": ""}),
        ({**SLOT, "valid_for": "never"}, True, {"overlap": "36500d"}),
        ({"description": "b", "state": "absent"}, False, {}),
    ],
)
def test_what_is_replaced_stays_for_now(slot: Values, in_store: bool, more: Values) -> None:
    assert to_mint([slot], {"tiles": OLD}, in_store) == [{**slot, **more}]


@pytest.mark.parametrize(
    ("answer", "held", "before", "expected"),
    [
        pytest.param(minted(secrets={"tiles": "secret-2"}), {}, [], UNCHANGED, id="from the store"),
        pytest.param(minted(), {"tiles": NEW}, [], UNCHANGED, id="held elsewhere"),
        pytest.param(minted(), {"tiles": OLD}, [], {}, id="another controller won"),
        pytest.param(minted(failures={"tiles": "refused"}, secrets={"tiles": "s"}), {}, [], {}, id="failed"),
        pytest.param(
            minted(
                secrets={"tiles": "secret-2"},
                created=["tiles"],
                superseded=[OLD],
                superseded_secrets={"old": "secret-1"},
            ),
            {},
            [],
            ROTATED,
            id="replaced in the store",
        ),
        pytest.param(
            minted(secrets={"tiles": "secret-2"}, created=["tiles"], superseded=[OLD]),
            {"tiles": {"id": "old", "secret": "secret-1"}},
            [],
            ROTATED,
            id="replaced elsewhere",
        ),
        pytest.param(
            minted(secrets={"tiles": "secret-2"}),
            {},
            [ROTATED],
            {"tiles": {"current": NEW, "earlier": OLD, "created": False}},
            id="replaced for an earlier batch",
        ),
        pytest.param(
            minted({"id": None}, secrets={"tiles": None}, created=["tiles"]),
            {},
            [],
            {"tiles": {"current": NOT_YET, "earlier": None, "created": True}},
            id="check mode",
        ),
        pytest.param({"skipped": True}, {}, [], {}, id="nothing declared"),
    ],
)
def test_rollout(answer: Values, held: Values, before: list[Values], expected: Values) -> None:
    assert rollout(answer, held, before) == expected


def test_who_gets_what() -> None:
    slots = [{**SLOT, "deliver": [{"dest": "/a"}, {"dest": "/b"}]}, {"description": "gone", "state": "absent"}]
    assert [each["dest"] for each in deliveries(slots, ROTATED, "earlier")] == ["/a", "/b"]
    assert deliveries(slots, UNCHANGED, "earlier") == deliveries(slots, {}, "current") == []
    assert confirmed(slots) == {"tiles": ""} and confirmed(slots, ROTATED) == {"tiles": "new"}
    assert kept(ROTATED, "current") == {"tiles": NEW} and kept(ROTATED, "earlier", ["tiles"]) == {"tiles": OLD}
    assert kept(UNCHANGED, "current") == kept(ROTATED, "earlier", []) == {}


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"msg": "no\n tile"}, "no tile"),
        ({}, "see above"),
        ({"msg": "secret-2 and secret-1 are refused"}, "******** and ******** are refused"),
        ({"msg": "x", "results": [{"msg": "fine"}, {"failed": True, "msg": "disk full"}]}, "disk full"),
    ],
)
def test_failure(result: Values, words: str) -> None:
    assert failure("Ask", result, ROTATED) == {"step": "Ask", "msg": words}


BROKEN = {"step": "Ask", "msg": "no tile"}
FAILED = "alpha failed at Ask: no tile."


@pytest.mark.parametrize(
    ("rolled", "words"),
    [
        (ROTATED, "'tiles': the earlier token old is in use again, the new token new is revoked."),
        ({"tiles": {**ROTATED["tiles"], "earlier": None}}, "the new token new is revoked; there was none before it"),
        ({"tiles": {**ROTATED["tiles"], "created": False}}, "other hosts use the new token new, which stays"),
        (UNCHANGED, "token new was not made by this run and stays"),
    ],
)
def test_all_who_share_a_token_are_told(rolled: Values, words: str) -> None:
    hosts = {
        "alpha": Host({"tiles": ""}, here=True, failure=BROKEN),
        "beta": Host({"tiles": "new"}, here=True),
        "gamma": Host({"other": "x"}, here=True),
        "delta": Host({"tiles": "new"}),
    }
    found = verdict(hosts, minted(), rolled, check_mode=False)
    assert set(found["messages"]) == {"alpha", "beta"}
    assert all(message.startswith(FAILED) and words in message for message in found["messages"].values())
    assert found["revoke"] == (["new"] if rolled["tiles"]["created"] else [])
    assert found["restore"] == (["tiles"] if rolled["tiles"]["earlier"] else [])
    unchanged = verdict(hosts, minted(), rolled, check_mode=True)
    assert (unchanged["revoke"], unchanged["restore"], unchanged["messages"]["alpha"]) == ([], [], FAILED)


def test_what_could_not_be_created_is_told_to_its_hosts() -> None:
    hosts = {"alpha": Host({"tiles": ""}, here=True), "beta": Host({}, here=True)}
    found = verdict(hosts, minted(failures={"tiles": "refused"}), {}, check_mode=False)
    assert found["messages"] == {"alpha": "'tiles': refused"} and found["affected"] == []


@pytest.mark.parametrize(
    ("beta", "at_once", "overlap", "note"),
    [
        pytest.param(Host({"tiles": "new"}), True, "0", False, id="all use it"),
        pytest.param(Host({"tiles": "new"}), False, "1h", False, id="not at once"),
        pytest.param(Host({"other": "x"}), True, "0", False, id="it does not need one"),
        pytest.param(Host({"tiles": ""}), True, "1h", True, id="it failed"),
        pytest.param(Host(), True, "1h", True, id="it was not reached"),
    ],
)
def test_a_replaced_token_goes_when_nobody_needs_it(beta: Host, at_once: bool, overlap: str, note: bool) -> None:
    hosts = {"alpha": Host({"tiles": "new"}), "beta": beta}
    answer = minted(superseded=[OLD])
    found = retirement(hosts, [SLOT], answer, ROTATED, at_once=at_once, tracked=True)
    [token] = found["tokens"]
    assert token == {**SLOT, "overlap": overlap, "held_id": "new", "regenerate": "never", "renew_within": "0s"}
    assert [("'beta'" in each) for each in found["notes"]] == [True] * note
    assert "held_id" not in retirement(hosts, [SLOT], answer, ROTATED, at_once=True, tracked=False)["tokens"][0]
    assert retirement(hosts, [SLOT], minted(), ROTATED, at_once=True, tracked=True)["tokens"] == []


def file(format_: str, content: str, **more: str) -> Values | None:
    return told({"format": format_, **more}, base64.b64encode(content.encode()).decode())


@pytest.mark.parametrize(
    ("found", "token"),
    [
        (file("json", '{"id": "old", "token": "secret-1", "created_at": "2026-01-01T00:00:00Z"}'), OLD),
        (file("yaml", "id: old\ntoken: secret-1\ncreated_at: '2026-01-01T00:00:00Z'\nexpires_at: null\n"), OLD),
        (file("env", "X=secret-1\nX_ID=old\nX_CREATED_AT=2026-01-01T00:00:00Z\nX_EXPIRES_AT=\n", name="X"), OLD),
        (file("env", "X=secret-1\nX_ID=old\n"), None),
        (file("json", "{"), None),
        (file("json", '"text"'), None),
        (file("yaml", "id: old\n"), None),
        (told({"format": "json"}, ""), None),
        (told({"format": "json"}, "not base64!"), None),
    ],
)
def test_what_a_file_tells(found: Values | None, token: Values | None) -> None:
    assert found == token


def test_the_newest_counts() -> None:
    without_date = {"id": "x", "secret": "y"}
    assert newest([("a", NEW), ("a", OLD), ("a", None), ("b", without_date)]) == {"a": NEW, "b": without_date}


def test_a_file_that_tells_the_id_is_needed() -> None:
    raw, env = {"dest": "/r", "format": "raw"}, {"dest": "/e", "format": "env"}
    assert telling([{**SLOT, "deliver": [raw, env]}, {"description": "gone", "state": "absent"}]) == [
        {**env, "description": "tiles"}
    ]
    with pytest.raises(OptionError, match="nothing keeps the secret of 'tiles'"):
        telling([{**SLOT, "deliver": [raw]}])
