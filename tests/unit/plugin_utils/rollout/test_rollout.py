# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role access_tokens decides, as tables."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.declarations import (
    Declaration,
    files_that_tell,
    gathered,
    read,
    sentences,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.formats import FORMATS, newest, told
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.host_variables import role_options
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.outcome import Host, retirement, verdict
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.rollout import (
    NOT_YET,
    failure,
    kept,
    rollout,
    to_create,
    unknown,
)

Values = dict[str, Any]
SLOT: Values = {"description": "tiles", "valid_for": "90d", "overlap": "1h"}
OLD: Values = {"id": "old", "secret": "secret-1", "created_at": "2026-01-01T00:00:00Z", "expires_at": ""}
NEW: Values = {"id": "new", "secret": "secret-2", "created_at": "2026-02-01T00:00:00Z", "expires_at": ""}
ROTATED: Values = {"tiles": {"current": NEW, "earlier": OLD, "created": True}}
UNCHANGED: Values = {"tiles": {"current": NEW, "earlier": None, "created": False}}


def made(current: Values | None = None, **more: Any) -> Values:
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


ENTRY: Values = {
    "description": "tiles",
    "access_list": [{"path_id": "9c0f2d2e-0000-4000-8000-000000000001", "access_tier": "view"}],
    "valid_for": "90d",
}


def declared(*entries: Values, **variables: Any) -> tuple[Declaration | None, list[str]]:
    return read({"access_tokens": list(entries), **variables}, role_options())


def test_a_slot_has_what_holds_for_all() -> None:
    entry = {**ENTRY, "deliver": [{"dest": "/a", "notify": "reload"}]}
    declaration, faults = declared(entry, access_tokens_defaults={"scope": "ogc"}, access_tokens_overlap="2h")
    assert declaration and faults == []
    assert declaration.slots == [
        {**ENTRY, "scope": "ogc", "overlap": "2h", "deliver": [{"dest": "/a", "format": "env", "notify": ["reload"]}]}
    ]
    assert declaration.settings["access_tokens_owner"] == "default"


@pytest.mark.parametrize(
    ("entries", "variables", "fault"),
    [
        ([], {"access_tokens_stroe": "x"}, "access_tokens_stroe: no such variable; did you mean access_tokens_store?"),
        (
            [{**ENTRY, "valid_fro": "1d"}],
            {},
            "access_tokens[0] 'tiles': valid_fro: no such option; did you mean valid_for?",
        ),
        ([{"valid_for": "1d"}], {}, "access_tokens[0]: description: is missing"),
        (
            [ENTRY, {**ENTRY, "description": "b", "valid_for": "ninety"}],
            {},
            "access_tokens[1] 'b': valid_for: 'ninety'",
        ),
        ([{**ENTRY, "deliver": [{"format": "raw"}]}], {}, "access_tokens[0] 'tiles': deliver[0].dest: is missing"),
        (
            [{**ENTRY, "deliver": [{"dest": "/a", "mod": "1"}]}],
            {},
            "deliver[0].mod: no such option; did you mean mode?",
        ),
        ([{**ENTRY, "deliver": [{"dest": "/a", "format": "toml"}]}], {}, "deliver[0].value of format must be one of"),
        ([{**ENTRY, "deliver": [{"dest": "/a", "format": "template"}]}], {}, "deliver[0].src: is missing"),
        ([{**ENTRY, "scope": "some"}], {}, "value of scope must be one of: all, ogc, got: some"),
        ([ENTRY, ENTRY], {}, "access_tokens: 'tiles' is there twice"),
        ([], {"access_tokens_retire": "perhaps"}, "access_tokens_retire"),
    ],
)
def test_faults_name_their_place(entries: list[Values], variables: Values, fault: str) -> None:
    found = declared(*entries, **variables)[1]
    assert any(fault in each for each in found), found


def test_all_faults_of_all_hosts_are_said_at_once() -> None:
    faults = {"alpha": ["a: is wrong"], "beta": ["a: is wrong", "b: too"], "gamma": [], "delta": ["a: is wrong"]}
    assert sentences(faults) == "alpha, beta, delta: a: is wrong. beta: b: too."
    assert sentences({"alpha": ["a: no; did you mean b?"]}) == "alpha: a: no; did you mean b?"
    assert sentences({f"host{number}": ["a: is wrong"] for number in range(200)}) == "host0 and 199 more: a: is wrong."


def host(*slots: Values, store: str = "same") -> Declaration:
    return Declaration([{"deliver": [], **slot} for slot in slots], {"access_tokens_store": store})


def test_hosts_share_a_slot_that_they_declare_alike() -> None:
    own = {**SLOT, "description": "own"}
    shared = [{**SLOT, "deliver": [{"dest": f"/{name}"}]} for name in "ab"]
    assert gathered({"alpha": host(shared[0]), "beta": host(shared[1], own)}) == ([SLOT, own], [])
    assert gathered({}) == ([], [])


@pytest.mark.parametrize(
    ("beta", "words"),
    [
        (host({**SLOT, "valid_for": "1d"}), "alpha and beta declare 'tiles' with different 'valid_for'"),
        (host({**SLOT, "scope": "ogc"}), "different 'scope'"),
        (host(SLOT, store="other"), "alpha and beta differ in access_tokens_store"),
    ],
)
def test_hosts_that_disagree(beta: Declaration, words: str) -> None:
    [fault] = gathered({"alpha": host(SLOT), "beta": beta})[1]
    assert words in fault


@pytest.mark.parametrize(
    ("slot", "held", "more"),
    [
        (SLOT, None, {"overlap": "90d"}),
        (SLOT, {"tiles": OLD}, {"overlap": "90d", "held_id": "old"}),
        ({**SLOT, "description": "b"}, {"tiles": OLD}, {"overlap": "90d", "held_id": ""}),
        ({**SLOT, "valid_for": "never"}, None, {"overlap": "36500d"}),
        ({"description": "b", "state": "absent"}, {"tiles": OLD}, {}),
    ],
)
def test_what_is_replaced_stays_for_now(slot: Values, held: Values | None, more: Values) -> None:
    assert to_create([slot], held) == [{**slot, **more}]


@pytest.mark.parametrize(
    ("answer", "held", "before", "expected"),
    [
        pytest.param(made(secrets={"tiles": "secret-2"}), {}, {}, UNCHANGED, id="from the store"),
        pytest.param(made(), {"tiles": NEW}, {}, UNCHANGED, id="held elsewhere"),
        pytest.param(made(), {"tiles": OLD}, {}, {}, id="another controller won"),
        pytest.param(made(failures={"tiles": "refused"}, secrets={"tiles": "s"}), {}, {}, {}, id="failed"),
        pytest.param(
            made(
                secrets={"tiles": "secret-2"},
                created=["tiles"],
                superseded=[OLD],
                superseded_secrets={"old": "secret-1"},
            ),
            {},
            {},
            ROTATED,
            id="replaced in the store",
        ),
        pytest.param(
            made(secrets={"tiles": "secret-2"}, created=["tiles"], superseded=[OLD]),
            {"tiles": {"id": "old", "secret": "secret-1"}},
            {},
            ROTATED,
            id="replaced elsewhere",
        ),
        pytest.param(
            made(secrets={"tiles": "secret-2"}),
            {},
            ROTATED,
            {"tiles": {"current": NEW, "earlier": OLD, "created": False}},
            id="replaced for an earlier batch",
        ),
        pytest.param(
            made({"id": None}, secrets={"tiles": None}, created=["tiles"]),
            {},
            {},
            {"tiles": {"current": NOT_YET, "earlier": None, "created": True}},
            id="check mode",
        ),
        pytest.param(
            made(secrets={"tiles": "secret-2"}, created=["tiles"], superseded=[OLD]),
            {"called otherwise": {"id": "old", "secret": "secret-1"}},
            {},
            ROTATED,
            id="replaced by its earlier description",
        ),
        pytest.param({"skipped": True}, {}, {}, {}, id="nothing declared"),
    ],
)
def test_rollout(answer: Values, held: Values, before: Values, expected: Values) -> None:
    assert rollout(answer, held, before) == expected


def test_a_slot_without_a_secret_is_told() -> None:
    slots = [SLOT, {"description": "gone", "state": "absent"}]
    assert unknown(slots, made(), UNCHANGED) == {}
    assert "the secret of token new is not known here" in unknown(slots, made(), {})["tiles"]
    assert unknown(slots, made(failures={"tiles": "refused"}), {}) == {"tiles": "refused"}


def test_what_the_user_keeps() -> None:
    assert kept(ROTATED, "current") == {"tiles": NEW} and kept(ROTATED, "earlier", ["tiles"]) == {"tiles": OLD}
    assert kept(UNCHANGED, "current") == kept(ROTATED, "earlier", []) == {}


@pytest.mark.parametrize(
    ("task", "result", "step", "words"),
    [
        ({"name": "Ask"}, {"msg": "no\n tile"}, "Ask", "no tile"),
        ({"name": "", "action": "uri"}, {}, "uri", "see above"),
        ({}, {"msg": "secret-2 and secret-1 are refused"}, "a handler", "******** and ******** are refused"),
        ({"name": "Ask"}, {"msg": "x", "results": [{"msg": "fine"}, {"failed": True, "msg": "full"}]}, "Ask", "full"),
    ],
)
def test_failure(task: Values, result: Values, step: str, words: str) -> None:
    assert failure(task, result, ROTATED) == {"step": step, "msg": words}


BROKEN: Values = {"step": "Ask", "msg": "no tile"}
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
    found = verdict(hosts, {}, rolled, check_mode=False)
    assert set(found["messages"]) == {"alpha", "beta"}
    assert all(message.startswith(FAILED) and words in message for message in found["messages"].values())
    assert found["revoke"] == (["new"] if rolled["tiles"]["created"] else [])
    assert found["restore"] == (["tiles"] if rolled["tiles"]["earlier"] else [])
    unchanged = verdict(hosts, {}, rolled, check_mode=True)
    assert (unchanged["revoke"], unchanged["restore"], unchanged["messages"]["alpha"]) == ([], [], FAILED)


@pytest.mark.parametrize(
    ("left_behind", "rolled", "revoke", "restore", "words"),
    [
        ([], ROTATED, ["new"], ["tiles"], "the new token new is revoked."),
        (
            ["beta", "delta"],
            ROTATED,
            [],
            [],
            "in use again where it could be brought back; 'beta', 'delta' may have the new token new, so both stay, and the next run",
        ),
        # A host that does not declare the slot, one of an earlier batch, and one that had none before.
        (["gamma"], ROTATED, ["new"], ["tiles"], "the new token new is revoked."),
        (["beta"], {"tiles": {**ROTATED["tiles"], "created": False}}, [], ["tiles"], "other hosts use the new token"),
        (["beta"], {"tiles": {**ROTATED["tiles"], "earlier": None}}, ["new"], [], "there was none before it"),
    ],
)
def test_what_a_host_may_have_still_is_not_revoked(
    left_behind: list[str], rolled: Values, revoke: list[str], restore: list[str], words: str
) -> None:
    hosts = {
        "alpha": Host({"tiles": ""}, here=True, failure=BROKEN),
        "beta": Host({"tiles": ""}, here=True),
        "gamma": Host({"other": "x"}, here=True),
        "delta": Host({"tiles": ""}, here=True),
    }
    found = verdict(hosts, {}, rolled, check_mode=False, left_behind=left_behind)
    assert (found["revoke"], found["restore"], found["affected"]) == (revoke, restore, ["tiles"])
    assert words in found["messages"]["beta"]


def test_a_host_that_was_not_delivered_to_has_no_dead_file() -> None:
    first = {"tiles": {**ROTATED["tiles"], "earlier": None}}
    hosts = {
        "alpha": Host({"tiles": ""}, here=True, failure={**BROKEN, "undelivered": True}),
        "beta": Host({"tiles": ""}, here=True),
    }
    messages = verdict(hosts, {}, first, check_mode=False)["messages"]
    assert ["dead one" in messages[name] for name in ("alpha", "beta")] == [False, True]


def test_what_could_not_be_created_is_told_to_its_hosts() -> None:
    hosts = {"alpha": Host({"tiles": ""}, here=True), "beta": Host({}, here=True)}
    found = verdict(hosts, {"tiles": "refused"}, {}, check_mode=False)
    assert found["messages"] == {"alpha": "'tiles': refused"} and found["affected"] == []


EARLIER_RUN: Values = {"tiles": {**ROTATED["tiles"], "created": False}}


@pytest.mark.parametrize(
    ("beta", "at_once", "rolled", "overlap", "note"),
    [
        pytest.param(Host({"tiles": "new"}), True, ROTATED, "0", False, id="all use it"),
        pytest.param(Host({"tiles": "new"}), False, ROTATED, "1h", False, id="not at once"),
        pytest.param(Host({"other": "x"}), True, ROTATED, "0", False, id="it does not need one"),
        pytest.param(Host({"tiles": ""}), True, EARLIER_RUN, "1h", True, id="it failed"),
        pytest.param(Host(), True, EARLIER_RUN, "1h", True, id="it was not reached"),
        pytest.param(Host(to_come=True), True, EARLIER_RUN, None, False, id="its turn is to come"),
        pytest.param(Host({"tiles": ""}), True, ROTATED, None, True, id="it failed in this very run"),
    ],
)
def test_a_replaced_token_goes_when_nobody_needs_it(
    beta: Host, at_once: bool, rolled: Values, overlap: str | None, note: bool
) -> None:
    hosts, old = {"alpha": Host({"tiles": "new"}), "beta": beta}, {"tiles": ["old"]}
    created = ["tiles"] if rolled == ROTATED else []
    found = retirement(hosts, [SLOT], old, rolled, created, at_once=at_once, tracked=True)
    token = {**SLOT, "overlap": overlap, "held_id": "new", "regenerate": "never", "renew_within": "0s"}
    assert found["tokens"] == ([token] if overlap else [])
    assert [("'beta'" in each) for each in found["notes"]] == [True] * note
    in_store = retirement(hosts, [SLOT], old, rolled, created, at_once=at_once, tracked=False)["tokens"]
    assert ["held_id" in each for each in in_store] == [False] * bool(overlap)
    assert retirement(hosts, [SLOT], {}, rolled, created, at_once=True, tracked=True)["tokens"] == []


TOKEN = {**OLD, "expires_at": "2026-05-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("name", "delivery", "text"),
    [
        ("raw", {}, "secret-1"),
        (
            "env",
            {"name": "X"},
            "X=secret-1\nX_ID=old\nX_CREATED_AT=2026-01-01T00:00:00Z\nX_EXPIRES_AT=2026-05-01T00:00:00Z\n",
        ),
        (
            "json",
            {},
            (
                '{\n  "description": "tiles",\n  "id": "old",\n  "token": "secret-1",\n'
                '  "created_at": "2026-01-01T00:00:00Z",\n  "expires_at": "2026-05-01T00:00:00Z"\n}\n'
            ),
        ),
        (
            "yaml",
            {},
            (
                'description: "tiles"\nid: "old"\ntoken: "secret-1"\ncreated_at: "2026-01-01T00:00:00Z"\n'
                'expires_at: "2026-05-01T00:00:00Z"\n'
            ),
        ),
    ],
)
def test_what_is_written_is_read_again(name: str, delivery: Values, text: str) -> None:
    delivery = {"description": "tiles", "format": name, **delivery}
    assert FORMATS[name].write(delivery, TOKEN) == text
    expected = TOKEN if FORMATS[name].read else None
    assert told(delivery, base64.b64encode(text.encode()).decode()) == expected


def test_every_documented_format_is_there() -> None:
    choices = role_options()["access_tokens"]["options"]["deliver"]["options"]["format"]["choices"]
    assert {*FORMATS, "template"} == set(choices)
    never = FORMATS["yaml"].write({"description": "tiles"}, OLD)
    assert yaml.safe_load(never)["expires_at"] is None


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
    gone = {"description": "gone", "state": "absent", "deliver": []}
    both = Declaration([{**SLOT, "deliver": [raw, env]}, gone], {})
    assert files_that_tell(both) == ([{**env, "description": "tiles"}], [])
    [fault] = files_that_tell(Declaration([{**SLOT, "deliver": [raw]}], {}))[1]
    assert "nothing keeps the secret of 'tiles'" in fault
