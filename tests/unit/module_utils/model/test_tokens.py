# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listed tokens: dates in every form, and which expiry is believed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import IncompleteListing
from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import Marker, Slot, encode
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import (
    Generation,
    actual_expiry,
    as_generation,
    format_date,
    read_date,
    read_token,
    unmanaged_namesakes,
)

NOW = 1800000000
MARKER = Marker(Slot("default", "tiles"), "abcde2", NOW, 1000, "0a9zz")
PATH = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2027-01-15T08:00:00Z", NOW),
        ("2027-01-15T08:00:00.000Z", NOW),
        ("2027-01-15T08:00:00.5Z", NOW + 0.5),
        ("2027-01-15T08:00:00.123456789Z", NOW + 0.123456),
        ("2027-01-15T09:00:00+01:00", NOW),
        ("2027-01-15T08:00:00", NOW),
        ("2027-01-15 08:00:00", NOW),
        ("2027-01-15 08:00:00.250000", NOW + 0.25),
        (" 2027-01-15T08:00:00Z ", NOW),
        ("2027-01-15", NOW - 28800),
        (NOW, NOW),
        (float(NOW), NOW),
        (NOW * 1000, NOW),
        (0, 0),
        (-1, None),
        (100_000_000_000, 100_000_000_000),
        (100_000_000_001, 100_000_000.001),
        (253_402_300_799_000, 253_402_300_799),
        (253_402_300_800_000, None),
        (None, None),
        (True, None),
        ("", None),
        ("soon", None),
        ("2027-13-01", None),
        ([], None),
        ({}, None),
        (1e30, None),
        (float("nan"), None),
        (float("inf"), None),
        (-1e18, None),
    ],
)
def test_date(value: object, seconds: float | None) -> None:
    assert read_date(value) == seconds
    format_date(read_date(value))


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, None), (NOW + 0.9, "2027-01-15T08:00:00Z"), (0, "1970-01-01T00:00:00Z")]
)
def test_format(seconds: float | None, text: str | None) -> None:
    assert format_date(seconds) == text


@pytest.mark.parametrize("created", ["creationDate", "createdAt", "creation_date", "dateCreated", "created"])
@pytest.mark.parametrize(
    "expires", ["expiryDate", "expiresAt", "expiry_date", "expirationDate", "validTill", "expires"]
)
@pytest.mark.parametrize("form", [int, lambda date: date * 1000, format_date], ids=["seconds", "milliseconds", "text"])
def test_keys_of_dates(created: str, expires: str, form: Any) -> None:
    token = read_token({"id": "1", "description": "tiles", created: form(NOW), expires: form(NOW + 60)})
    assert (token.created_at, token.expires_at) == (NOW, NOW + 60)


@pytest.mark.parametrize(
    ("more", "expires_at"),
    [
        ({"creationDate": NOW, "validFor": 60}, NOW + 60),
        ({"creationDate": NOW, "validFor": 60, "expiryDate": NOW + 50}, NOW + 50),
        ({"creationDate": NOW, "validFor": None}, None),
        ({"creationDate": NOW, "validFor": 0}, None),
        ({"creationDate": NOW, "validFor": -60}, None),
        ({"creationDate": NOW, "validFor": 1}, NOW + 1),
        ({"creationDate": NOW, "validFor": "60"}, None),
        ({"creationDate": NOW, "validFor": True}, None),
        ({"validFor": 60}, None),
        ({"expiryDate": None}, None),
    ],
)
def test_lifetime_instead_of_a_date(more: dict[str, Any], expires_at: float | None) -> None:
    assert read_token({"id": "1", **more}).expires_at == expires_at


@pytest.mark.parametrize("key", ["accessList", "access_list", "paths", "access"])
def test_keys_of_access(key: str) -> None:
    token = read_token({"id": "1", key: [{"pathId": PATH, "access": {"accessTier": "view"}}], "scope": "ogc"})
    assert (token.access_list, token.scope) == ((Grant(PATH, "view"),), "ogc")


def test_nothing_but_an_id() -> None:
    token = read_token({"id": "1", "description": None, "scope": 7, "token": "epat_never"})
    assert (token.id, token.description, token.marker, token.access_list, token.scope) == ("1", "", None, None, None)
    assert "epat_never" not in repr(token)


@pytest.mark.parametrize("entry", [None, "1", [], {}, {"id": None}, {"id": 7}, {"description": "tiles"}])
def test_without_an_id_the_list_is_not_trusted(entry: object) -> None:
    with pytest.raises(IncompleteListing, match="nothing was changed"):
        read_token(entry)


@pytest.mark.parametrize(
    ("description", "ours", "broken"),
    [
        ("tiles", False, False),
        (encode(MARKER), True, False),
        (encode(MARKER) + "x", False, True),
        ("[ed1:", False, True),
    ],
)
def test_marker(description: str, ours: bool, broken: bool) -> None:
    token = read_token({"id": "1", "description": description})
    assert (token.marker is not None, token.marker_broken) == (ours, broken)


@pytest.mark.parametrize(
    ("lifetime", "reported", "believed"),
    [
        (1000, None, NOW + 1000),
        (1000, NOW + 1000, NOW + 1000),
        (1000, NOW + 1100, NOW + 1100),
        (1000, NOW + 1101, NOW + 1000),
        (1000, NOW * 1000, NOW + 1000),
        (1000, NOW + 10, NOW + 10),
        (1000, NOW, NOW),
        (1000, NOW - 1, NOW + 1000),
        (1000, 0, NOW + 1000),
        (0, None, None),
        (0, NOW + 5, NOW + 5),
        (0, NOW - 5, None),
    ],
)
def test_believed_expiry(lifetime: int, reported: float | None, believed: float | None) -> None:
    marker = Marker(MARKER.slot, MARKER.spec, NOW, lifetime, MARKER.nonce)
    assert actual_expiry(marker, reported) == believed


def test_unmanaged_namesakes() -> None:
    """What somebody else made, by description; ours are none, though they begin with the same words."""
    ours = read_token({"id": "1", "description": encode(MARKER)})
    others = [read_token({"id": number, "description": words}) for number, words in (("2", "tiles"), ("3", "roads"))]
    twin = read_token({"id": "4", "description": "tiles"})
    assert unmanaged_namesakes([ours, *others, twin]) == {"tiles": (others[0], twin), "roads": (others[1],)}
    assert unmanaged_namesakes([ours]) == {}


@pytest.mark.parametrize("created", [NOW, 0, None])
def test_a_token_of_somebody_else_as_one_of_ours(created: int | None) -> None:
    """By what the server reports of it."""
    facts = {"id": "1", "description": "tiles", "expiryDate": NOW + 60}
    token = read_token(facts if created is None else {**facts, "creationDate": created})
    marker = Marker(Slot("", "tiles"), "", created or 0, 0, "")
    assert as_generation(token) == Generation("1", marker, NOW + 60, None)


def test_one_of_ours_is_what_its_marker_says() -> None:
    token = read_token({"id": "1", "description": encode(MARKER), "creationDate": NOW + 7, "expiryDate": NOW + 900})
    assert as_generation(token) == Generation("1", MARKER, NOW + 900, None)
