# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every uncertain point can be switched, and the named variants meet every combination that matters."""

from __future__ import annotations

from dataclasses import fields
from itertools import product
from typing import Any

import pytest

from ansible_collections.ellipsis.drive.tests.emulator import (
    CHOICES,
    PATHS,
    USER,
    VARIANTS,
    Emulator,
    ManualClock,
    Variant,
)
from ansible_collections.ellipsis.drive.tests.emulator.variants import CALLING, COVERED, READING
from ansible_collections.ellipsis.drive.tests.unit.emulator.caller import ROADS, TOKENS, Caller, read, wish

NOW = 1_800_000_000.0


def served(**choice: Any) -> Caller:
    return Caller(Emulator(Variant(**choice), ManualClock(NOW)))


def test_every_field_has_its_choices_and_belongs_to_one_group() -> None:
    assert [field.name for field in fields(Variant)] == list(CHOICES)
    assert sorted(READING + CALLING) == sorted(CHOICES)
    assert all(getattr(Variant(), name) == choices[0] for name, choices in CHOICES.items())


@pytest.mark.parametrize("name", CHOICES)
def test_every_value_occurs_in_some_variant(name: str) -> None:
    assert {getattr(variant, name) for variant in VARIANTS.values()} == set(CHOICES[name])


@pytest.mark.parametrize("pair", COVERED, ids="-".join)
def test_every_two_values_meet_in_some_variant(pair: tuple[str, str]) -> None:
    met = {(getattr(variant, pair[0]), getattr(variant, pair[1])) for variant in VARIANTS.values()}
    assert met == set(product(CHOICES[pair[0]], CHOICES[pair[1]]))


def entry(valid_for: int | None = 60, path: str = ROADS, fence: Any = None, **choice: Any) -> dict[str, Any]:
    call = served(**choice)
    extra = {} if valid_for is None else {"validFor": valid_for}
    access = {} if fence is None else {"geoFence": fence}
    response = call.create(**{**wish(path, "viewPlus", **access), **extra})
    assert response.status == 200, response.body
    (found,) = call.listed()
    return found


def test_the_bare_entry_says_nothing_more() -> None:
    assert set(entry(list_tier="bare", leaks_secret=True)) == {"id", "description"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, {"accessTier": "viewPlus"}),
        ({"list_tier": "accessLevel"}, {"accessLevel": 200}),
        ({"list_tier": "both", "tiers_returned": "sign"}, {"accessTier": "view+", "accessLevel": 200}),
        ({"no_fence": "null"}, {"accessTier": "viewPlus", "geoFence": None, "propertyFence": None}),
        ({"no_fence": "object"}, {"accessTier": "viewPlus", "geoFence": {}}),
    ],
)
def test_listed_access(choice: dict[str, Any], expected: dict[str, Any]) -> None:
    assert entry(**choice)["accessList"] == [{"pathId": ROADS, "access": expected}]


def test_a_fence_is_listed_whatever_its_absence_looks_like() -> None:
    for no_fence in CHOICES["no_fence"]:
        found = entry(path=PATHS["Elevation"], fence={"maxZoom": 9}, no_fence=no_fence)
        assert found["accessList"][0]["access"]["geoFence"] == {"maxZoom": 9}


def test_a_path_may_be_an_object() -> None:
    assert entry(list_path="path")["accessList"][0]["path"] == {"id": ROADS, "name": "Roads"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, {"creationDate": "2027-01-15T08:00:00.000Z", "expiryDate": "2027-01-15T08:01:00.000Z"}),
        (
            {"date_keys": "createdAt", "date_form": "sql"},
            {"createdAt": "2027-01-15 08:00:00.000000", "expiresAt": "2027-01-15 08:01:00.000000"},
        ),
        (
            {"date_keys": "creation_date", "date_form": "seconds"},
            {"creation_date": 1_800_000_000, "expiry_date": 1_800_000_060},
        ),
        (
            {"date_keys": "dateCreated", "date_form": "milliseconds"},
            {"dateCreated": 1_800_000_000_000, "validTill": 1_800_000_060_000},
        ),
        ({"date_keys": "none"}, {}),
        ({"never": "unlisted"}, {"creationDate": "2027-01-15T08:00:00.000Z"}),
    ],
)
def test_listed_dates(choice: dict[str, Any], expected: dict[str, Any]) -> None:
    known = {"id", "description", "accessList", "scope"}
    assert {key: value for key, value in entry(**choice).items() if key not in known} == expected


@pytest.mark.parametrize(("never", "shown"), [("null", True), ("missing", False), ("unlisted", False)])
def test_a_token_without_end(never: str, shown: bool) -> None:
    assert ("expiryDate" in entry(None, never=never)) is shown


def test_scope_and_secret_in_the_list() -> None:
    assert "scope" not in entry(lists_scope=False)
    assert entry(leaks_secret=True)["token"].startswith("epat_CANARY")


@pytest.mark.parametrize(
    ("accepted", "tiers"),
    [
        ("plus", {"view+": 400, "viewPlus": 200, "fullView": 200}),
        ("sign", {"view+": 200, "viewPlus": 400, "fullView": 400}),
        ("both", {"view+": 200, "viewPlus": 200, "fullView": 200}),
    ],
)
def test_accepted_spellings(accepted: str, tiers: dict[str, int]) -> None:
    call = served(tiers_accepted=accepted)
    assert {tier: call.create(**wish(tier=tier)).status for tier in tiers} == tiers


@pytest.mark.parametrize(("errors", "start"), [("json", b'{"status": 404'), ("text", b"Path not"), ("html", b"<html>")])
def test_forms_of_errors(errors: str, start: bytes) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    assert served(errors=errors)("GET", f"/path/{missing}").body.startswith(start)


@pytest.mark.parametrize(("cursor", "kind"), [("uuid", str), ("int", int), ("object", dict)])
def test_kinds_of_cursors(cursor: str, kind: type) -> None:
    call = served(cursor=cursor)
    call.emulator.seed_tokens(70)
    assert isinstance(read(call("GET", TOKENS))["nextPageStart"], kind)
    assert len({token["id"] for token in call.listed()}) == 70


def test_orders_of_the_list() -> None:
    found = {}
    for order in CHOICES["order"]:
        call = served(order=order)
        ids = call.emulator.seed_tokens(40)
        found[order] = [ids.index(token["id"]) for token in call.listed()]
        assert found[order] == [ids.index(token["id"]) for token in call.listed()]
    assert found["newest"] == found["oldest"][::-1] == list(range(40))[::-1]
    assert sorted(found["shuffled"]) == found["oldest"] != found["shuffled"] != found["newest"]


@pytest.mark.parametrize(("answer", "body"), [("empty", b""), ("json", b"{}"), ("text", b"OK")])
def test_answers_to_a_revocation(answer: str, body: bytes) -> None:
    call = served(delete_answer=answer, delete_unknown=400)
    call.create()
    path = f"{TOKENS}/{call.emulator.tokens[0].id}"
    first, second = call("DELETE", path), call("DELETE", path)
    assert (first.status, first.body, second.status) == (200, body, 400)


def test_smaller_points() -> None:
    assert set(read(served(create_id=False).create())) == {"token"}
    assert "Date" not in served(date_header=False)("GET", "").headers
    assert "Date" in served()("GET", "").headers
    call = served(lists_size=True)
    call.emulator.seed_tokens(31)
    assert [read(call("GET", TOKENS))[key] for key in ("size",)] == [30]
    refused = served(login_refused=400)("POST", "/account/login", {"username": USER, "password": "wrong"}, token=None)
    assert refused.status == 400
    assert "accessTier" not in read(served(path_tier=False)("GET", f"/path/{ROADS}"))["yourAccess"]


@pytest.mark.parametrize("allowed", [True, False])
def test_reach_of_the_scope_ogc(allowed: bool) -> None:
    call = served(ogc_reads_path=allowed)
    secret = call.secret(scope="ogc")
    assert call("GET", f"/path/{ROADS}", token=secret).status == (200 if allowed else 403)
    layer = PATHS["Projects/Roads/Surface"]
    query = {"service": "WMS", "request": "GetCapabilities"}
    assert call("GET", f"/ogc/wms/{layer}", token=secret, query=query).status == 200
