# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How strict the emulator is with the three token calls."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import (
    OAUTH_TOKEN,
    OTHER_USER_TOKEN,
    PATHS,
    SHARED_VIEW_PATH,
    UNKNOWN_PATH,
    USER_TOKEN,
    Emulator,
    Request,
)
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import ROADS, TOKENS, Caller, read, wish

RASTER, VECTOR, FILE = PATHS["Elevation"], PATHS["Buildings"], PATHS["Report.pdf"]
TILE = {"tileX": 33, "tileY": 21, "zoom": 6}


def access(*entries: Any) -> dict[str, Any]:
    return {"accessList": list(entries)}


def entry(path: Any = ROADS, **fields: Any) -> dict[str, Any]:
    return {"pathId": path, "access": {"accessTier": "view", **fields}}


ACCEPTED: dict[str, dict[str, Any]] = {
    "plain": {},
    "longest description": {"description": "x" * 100},
    "astral description": {"description": "\N{EARTH GLOBE EUROPE-AFRICA}" * 50},
    "lifetime": {"validFor": 1},
    "scope": {"scope": "ogc"},
    "two paths": access(entry(RASTER), entry(VECTOR)),
    "raster fence": access(entry(RASTER, geoFence={"tiles": [TILE], "maxZoom": 14})),
    "vector fence": access(entry(VECTOR, geoFence={"maxZoom": 14}, propertyFence=["name"])),
    "shared path": access(entry(SHARED_VIEW_PATH)),
    "public path": access(entry(PATHS["Open data/Land cover"])),
    "best tier": access(entry(accessTier="admin")),
}

REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "no description": (400, {"description": ""}),
    "description of another type": (400, {"description": 5}),
    "description too long": (400, {"description": "x" * 101}),
    "astral description too long": (400, {"description": "\N{EARTH GLOBE EUROPE-AFRICA}" * 50 + "x"}),
    "lifetime zero": (400, {"validFor": 0}),
    "lifetime negative": (400, {"validFor": -5}),
    "lifetime as text": (400, {"validFor": "60"}),
    "lifetime fraction": (400, {"validFor": 1.5}),
    "lifetime boolean": (400, {"validFor": True}),
    "lifetime null": (400, {"validFor": None}),
    "lifetime beyond all dates": (400, {"validFor": 2**31}),
    "scope": (400, {"scope": "projects"}),
    "unknown key": (400, {"valid_for": 60}),
    "no paths": (400, {"accessList": []}),
    "paths of another type": (400, {"accessList": {}}),
    "same path twice": (400, access(entry(), entry())),
    "path is no uuid": (400, access(entry("Projects/Roads"))),
    "path missing": (400, access({"access": {"accessTier": "view"}})),
    "path unknown": (404, access(entry(UNKNOWN_PATH))),
    "access missing": (400, access({"pathId": ROADS})),
    "access level": (400, access({"pathId": ROADS, "access": {"accessLevel": 100}})),
    "tier unknown": (400, access(entry(accessTier="write"))),
    "tier none": (400, access(entry(accessTier="none"))),
    "tier in the other spelling": (400, access(entry(accessTier="view+"))),
    "more than shared": (403, access(entry(SHARED_VIEW_PATH, accessTier="viewPlus"))),
    "more than public": (403, access(entry(PATHS["Open data"], accessTier="viewPlus"))),
    "foreign path": (403, access(entry(PATHS["Private"]))),
    "unknown key in access": (400, access(entry(processingUnits=1))),
    "unknown key beside access": (400, access({**entry(), "path": ROADS})),
    "geo fence on a folder": (400, access(entry(geoFence={"maxZoom": 3}))),
    "geo fence on a file": (400, access(entry(FILE, geoFence={"maxZoom": 3}))),
    "geo fence null": (400, access(entry(RASTER, geoFence=None))),
    "geo fence unknown key": (400, access(entry(RASTER, geoFence={"max_zoom": 3}))),
    "zoom as text": (400, access(entry(RASTER, geoFence={"maxZoom": "3"}))),
    "tile outside the world": (400, access(entry(RASTER, geoFence={"tiles": [{**TILE, "tileX": 64}]}))),
    "tile incomplete": (400, access(entry(RASTER, geoFence={"tiles": [{"tileX": 0, "tileY": 0}]}))),
    "property fence on a raster": (400, access(entry(RASTER, propertyFence=["name"]))),
    "property fence on a folder": (400, access(entry(propertyFence=["name"]))),
    "property fence empty": (400, access(entry(VECTOR, propertyFence=[]))),
    "property fence of numbers": (400, access(entry(VECTOR, propertyFence=[1]))),
}


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_wish_is_granted(call: Caller, fields: dict[str, Any]) -> None:
    response = call.create(**fields)
    assert response.status == 200, response.body
    assert [token["id"] for token in call.listed()] == [read(response)["id"]]


@pytest.mark.parametrize(("status", "fields"), REFUSED.values(), ids=REFUSED)
def test_a_bad_wish_is_refused_and_leaves_nothing(
    call: Caller, emulator: Emulator, status: int, fields: dict[str, Any]
) -> None:
    response = call.create(**fields)
    assert (response.status, read(response)["status"]) == (status, status)
    assert (emulator.tokens, emulator.secrets) == ([], [])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"'])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
def test_a_body_that_is_no_json_object_is_refused(emulator: Emulator, body: bytes, content_type: str | None) -> None:
    headers = {"Authorization": f"Bearer {USER_TOKEN}", **({"Content-Type": content_type} if content_type else {})}
    assert emulator.handle(Request.of("POST", f"/v3{TOKENS}", headers, body)).status == 400
    assert emulator.tokens == []


@pytest.mark.parametrize(
    ("kind", "status"), [("none", 401), ("wrong", 401), ("access", 403), ("oauth", 403), ("query", 401)]
)
@pytest.mark.parametrize(("method", "path"), [("POST", TOKENS), ("GET", TOKENS), ("DELETE", f"{TOKENS}/{ROADS}")])
def test_only_a_user_token_manages_tokens(call: Caller, kind: str, status: int, method: str, path: str) -> None:
    bearer = {"none": None, "wrong": "wrong", "access": call.secret(), "oauth": OAUTH_TOKEN, "query": None}[kind]
    query = {"token": USER_TOKEN} if kind == "query" else None
    body = wish() if method == "POST" else None
    wanted = 200 if (kind, method) == ("query", "GET") else status
    assert call(method, path, body, token=bearer, query=query).status == wanted


def test_the_secret_is_shown_once(call: Caller, emulator: Emulator) -> None:
    secret = call.secret()
    assert secret.startswith("epat_CANARY")
    assert len(secret) == len("epat_") + 64
    assert emulator.secrets == [secret]
    assert secret.encode() not in call("GET", TOKENS).body
    assert secret not in repr(emulator.journal)


def test_pages_hold_thirty_and_end(call: Caller, emulator: Emulator) -> None:
    ids = emulator.seed_tokens(70)
    assert [token["id"] for token in call.listed()] == ids[::-1]
    assert [entry.query.get("pageStart") is None for entry in emulator.journal] == [True, False, False]
    assert len(call.listed(pageSize=7)) == 70
    assert len(read(call("GET", TOKENS))["result"]) == 30


@pytest.mark.parametrize(
    "query",
    [{"pageSize": 31}, {"pageSize": 0}, {"pageSize": "x"}, {"pageStart": ROADS}, {"pageStart": 2}, {"page_size": 5}],
    ids=str,
)
def test_a_bad_page_is_refused(call: Caller, emulator: Emulator, query: dict[str, Any]) -> None:
    emulator.seed_tokens(70)
    assert call("GET", TOKENS, query=query).status == 400


def test_a_cursor_is_the_accounts_own(call: Caller, emulator: Emulator) -> None:
    emulator.seed_tokens(31)
    start = read(call("GET", TOKENS))["nextPageStart"]
    assert call("GET", TOKENS, query={"pageStart": start}).status == 200
    assert call("GET", TOKENS, query={"pageStart": start}, token=OTHER_USER_TOKEN).status == 400


def test_expired_tokens_vanish_and_are_refused(call: Caller, emulator: Emulator) -> None:
    secret = call.secret(validFor=60)
    emulator.advance(59)
    assert len(call.listed()) == 1
    assert call("GET", f"/path/{ROADS}", token=secret).status == 200
    emulator.advance(1)
    assert call.listed() == []
    assert call("GET", f"/path/{ROADS}", token=secret).status == 401


def test_revoking_is_for_good_and_for_the_owner(call: Caller, emulator: Emulator) -> None:
    secret = call.secret()
    (token,) = emulator.tokens
    path = f"{TOKENS}/{token.id}"
    assert call("DELETE", path, token=OTHER_USER_TOKEN).status == 404
    assert call("GET", f"/path/{ROADS}", token=secret).status == 200
    assert call("DELETE", path).status == 200
    assert call("GET", f"/path/{ROADS}", token=secret).status == 401
    assert call("DELETE", path).status == 404
    assert call("DELETE", f"{TOKENS}/nonsense").status == 400
    assert call.listed() == []
    assert emulator.tokens[0].revoked_at == emulator.clock.now()


def test_accounts_see_their_own(call: Caller, emulator: Emulator) -> None:
    call.create(token=OTHER_USER_TOKEN, **access(entry(PATHS["Private"])))
    assert call.listed() == []
    assert [token.account for token in emulator.tokens] == ["other"]
